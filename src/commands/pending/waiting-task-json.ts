import { parsedJson } from "../../callback/json-value.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";

/** One waiting task with the fields that scripts rely on. */
export function taskJson(swept: SweptTask, withInput: boolean) {
  const { task, executionArn } = swept;
  const [, , , region, account] = executionArn.split(":");
  const reason = unanswerableReason(swept);
  return {
    id: swept.id,
    address: addressOf(swept),
    kind: task?.kind ?? null,
    stateMachineArn: swept.stateMachineArn,
    stateMachineName: swept.stateMachineName,
    executionArn,
    executionName: swept.executionName,
    parentExecutionArn: swept.ancestorExecutionArns.at(-1) ?? null,
    ancestorExecutionArns: swept.ancestorExecutionArns,
    ancestorsComplete: swept.ancestorsComplete,
    state: task?.state ?? null,
    path: task?.path ?? [],
    attempt: task?.attempt ?? null,
    integration: task?.integration ?? null,
    handedTo: task?.handedTo == null ? null : { ...task.handedTo, since: task.handedTo.since.toISOString() },
    waitingSince: task === null ? null : task.waitingSince.toISOString(),
    timeoutAt: task?.timeoutAt?.toISOString() ?? null,
    heartbeatSeconds: task?.heartbeatSeconds ?? null,
    answerable: reason === null,
    unanswerableReason: reason,
    region: region ?? null,
    account: account ?? null,
    ...(withInput ? { input: parsedJson(task?.input ?? null) } : {}),
  };
}

/** What names the task on any machine. Of an execution that may not be read only the execution can be named. */
export function addressOf({ executionArn, task }: SweptTask): string {
  return task === null ? executionArn : `${executionArn}#${task.eventId}`;
}

/** Why nobody can answer it through this tool, or null where one can. */
export function unanswerableReason({ task }: Pick<SweptTask, "task">): "historyNotReadable" | "activity" | "tokenNotInPayload" | null {
  if (task === null) return "historyNotReadable";
  if (task.kind === "activity") return "activity";
  return task.hasToken ? null : "tokenNotInPayload";
}
