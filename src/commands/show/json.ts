import { type AnswerChoice, contractTitle } from "../../answering/answer-choices.ts";
import type { TaskDetails } from "../../answering/task-details.ts";
import type { Consequence } from "../../callback/definition/consequence.ts";
import type { TrailStep } from "../../callback/history/trail.ts";
import type { Closing } from "../../callback/history/waiting-tasks.ts";
import { parsedJson } from "../../callback/json-value.ts";
import { sweptTask } from "../../sweep/swept-task.ts";
import { consequenceJson } from "../answer/dry-run.ts";
import { previewJson } from "../answer/preview-text.ts";
import { taskJson } from "../pending/waiting-task-json.ts";
import { answerCommands } from "./commands.ts";
import type { Shown } from "./text.ts";

/** Everything that is known of a task, with the fields that scripts rely on: those of `pending`, and what only `show` has. */
export function detailsJson({ details, contract, choices }: Shown, flags: string, redact: (text: string) => string) {
  const { found, stateMachineArn, stateMachineName, executionName, execution, next, trail, links } = details;
  const { task, executionArn } = found;
  const { state } = task;
  const machine = { arn: stateMachineArn, name: stateMachineName, type: "STANDARD" } as const;
  const started = execution ?? { startedAt: task.waitingSince, status: "RUNNING" as const, stateMachineVersionArn: null };
  const swept = sweptTask(machine, { ...started, arn: executionArn, name: executionName, stateMachineArn }, task, [], true);
  return {
    ...taskJson(swept, true),
    status: task.closed === null ? "waiting" : task.closed.kind,
    closed: closedJson(task.closed),
    title: contractTitle(contract, details),
    comment: details.comment,
    contract: contract?.source ?? null,
    payload: parsedJson(task.payload === null ? null : redact(task.payload)),
    executionInput: parsedJson(execution?.input ?? null),
    executionStatus: execution?.status ?? null,
    links,
    history: trail.steps.map(stepJson),
    next: next === null ? null : nextJson(next, state),
    words: choices.map((choice) => wordJson(choice, state)),
    commands: answerCommands(details, choices).map((command) => `sfn-callback ${command}${flags}`),
    unread: details.unread,
  };
}

function closedJson(closed: Closing | null) {
  return closed === null ? null : { ...closed, at: closed.at.toISOString() };
}

function stepJson({ enteredAt, exitedAt, failedAttempts, ...step }: TrailStep) {
  return {
    ...step,
    enteredAt: enteredAt.toISOString(),
    exitedAt: exitedAt?.toISOString() ?? null,
    failedAttempts: failedAttempts.map(({ at, error, cause }) => ({ at: at.toISOString(), error, cause })),
  };
}

function nextJson({ success, rules, otherFailure, timeout }: NonNullable<TaskDetails["next"]>, state: string) {
  const consequence = (each: Consequence | null) => consequenceJson(each, state);
  return { success: consequence(success), rules, otherFailure: consequence(otherFailure), timeout: consequence(timeout) };
}

function wordJson({ word, label, kind, answer, outcome, preview }: AnswerChoice, state: string) {
  const sends = answer?.kind === "success" ? { output: parsedJson(answer.output) } : answer;
  return { word, label, kind, ...sends, form: outcome?.form ?? null, preview: preview === null ? null : previewJson(preview, state) };
}
