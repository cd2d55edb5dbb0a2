import type { Watched } from "../../answering/watching.ts";
import type { Execution } from "../../aws/step-functions.ts";
import { parsedJson } from "../../callback/json-value.ts";
import { taskId } from "../../callback/task-id.ts";
import type { Column, Terminal } from "../../context.ts";
import { bold, cyan, green, red, type Text } from "../../text.ts";

/** One line of what was seen: status, execution, and the ids of the tasks that wait, or the output or error it ended with. */
export function watchedLines(terminal: Terminal, watched: Watched): Iterable<Text> {
  const { execution } = watched;
  const { arn, status, output, error, cause } = execution;
  const ids = waitingIds(watched);
  // In a pipe the columns are always the same four; on a terminal those that hold nothing are left out.
  const piped = !terminal.stdoutIsTerminal;
  const failure = error === null || cause === null ? error : `${error}: ${cause}`;
  const result = output ?? failure ?? "";
  const columns: Column<Execution>[] = [
    { header: "STATUS", cell: () => statusText(status), plain: () => status },
    { header: "EXECUTION", cell: () => arn.split(":").slice(-2).join("/"), plain: () => arn },
    ...(piped || ids.length > 0 ? [{ header: "WAITING", cell: () => bold(ids.join(" ")), plain: () => ids.join(" "), whole: true }] : []),
    ...(piped || result !== "" ? [{ header: output === null ? "ERROR" : "OUTPUT", cell: () => result }] : []),
  ];
  return terminal.table(columns, [execution]);
}

/** An execution's status in its color. */
function statusText(status: string): Text {
  return status === "SUCCEEDED" ? green(status) : status === "RUNNING" ? cyan(status) : red(status);
}

/** The same fields as `start --json`. */
export function watchedJson(watched: Watched) {
  const { arn, startedAt, status, output, error, cause } = watched.execution;
  const startDate = startedAt.toISOString();
  return { executionArn: arn, startDate, status, output: parsedJson(output), error, cause, waiting: waitingIds(watched) };
}

function waitingIds({ waiting }: Watched): string[] {
  return waiting.map(({ executionArn, task }) => taskId(executionArn, task.eventId));
}
