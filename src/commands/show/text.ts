import { type AnswerChoice, contractTitle } from "../../answering/answer-choices.ts";
import type { FoundContract } from "../../answering/contracts.ts";
import type { TaskDetails } from "../../answering/task-details.ts";
import type { FailureRule, NextSteps } from "../../callback/definition/next-steps.ts";
import type { TrailStep } from "../../callback/history/trail.ts";
import type { CallbackTask } from "../../callback/history/waiting-tasks.ts";
import { parsedJson } from "../../callback/json-value.ts";
import { bold, cyan, dim, green, red, type Text, yellow } from "../../text.ts";
import type { Composing } from "../answer/composing.ts";
import { consequenceText } from "../answer/consequence-text.ts";
import { previewText } from "../answer/preview-text.ts";
import { formatSpan } from "../durations.ts";
import { jsonLines } from "../json-lines.ts";
import { answerCommands } from "./commands.ts";

/** How a task is to be shown. */
export interface Showing {
  readonly now: Date;
  /** In characters. */
  readonly width: number;
  /** Folds nothing. */
  readonly full?: boolean;
  /** Takes secrets out before anything is cut. */
  redact(text: string): string;
  /** The connection options for the commands, as `connectionFlags` gives them. */
  readonly flags: string;
}

/** A task, and what it can be answered with. */
export type Shown = Pick<Composing, "details" | "contract" | "choices">;

const mostSteps = 12;
const longestLabel = 44;

/** Everything that is known of a task, as lines for a person. */
export function detailsLines({ details, contract, choices }: Shown, showing: Showing): Text[] {
  const waits = details.found.task.closed === null;
  return [
    headline(details),
    ...titleLines(contract, details),
    ...commentLines(details, showing.width),
    ...factLines(details, showing),
    ...section(details.found.task.payload === null ? "Input" : "What it asks", askedLines(details, showing)),
    ...section("How it got here", trailLines(details, showing)),
    ...(waits ? section("What comes next", nextLines(details)) : []),
    ...(waits ? section("Words it can be answered with", choiceLines(choices, details)) : []),
    ...(waits
      ? section(
          "Commands",
          answerCommands(details, choices).map((command) => cyan(`sfn-callback ${command}${showing.flags}`)),
        )
      : []),
    ...details.unread.map((why) => yellow(`not all could be read: ${why}`)),
  ];
}

/** What a person reads before they answer: what is asked, and until when. */
export function askingLines({ details, contract }: Shown, showing: Showing): Text[] {
  const { task } = details.found;
  const deadline = deadlineText(task, showing.now);
  return [
    "",
    headline(details),
    ...titleLines(contract, details),
    ["  waits ", waitingText(task, showing.now), ...(deadline === null ? [] : ["; deadline ", deadline])],
    ...askedLines(details, showing).map((line): Text => ["  ", line]),
    "",
  ];
}

/** The same where there is room for a few lines only: what is asked and the words to answer it with come first. */
export function briefDetailsLines({ details, contract, choices }: Shown, showing: Showing): Text[] {
  return [
    ...titleLines(contract, details),
    ...askedLines(details, showing),
    ...(details.found.task.closed === null ? choiceLines(choices, details) : []),
    ...commentLines(details, showing.width),
    ...factLines(details, showing),
  ];
}

function section(title: string, lines: readonly Text[]): Text[] {
  return lines.length === 0 ? [] : ["", bold(title), ...lines.map((line): Text => ["  ", line])];
}

function headline({ id, stateMachineName, executionName, found }: TaskDetails): Text {
  const { task } = found;
  return [bold(id), "  ", bold(task.state), pathText(task), "  ", dim(`${stateMachineName}/${executionName}`)];
}

function titleLines(contract: FoundContract | null, details: TaskDetails): Text[] {
  const title = contractTitle(contract, details);
  return title === null ? [] : [["  ", bold(title)]];
}

/** The iterations and branches that lead to it: `[2]{0}`. */
export function pathText({ path }: Pick<CallbackTask, "path">): string {
  return path.map((step) => ("map" in step ? `[${step.index}]` : "parallel" in step ? `{${step.branch}}` : "[*]")).join("");
}

/** The state's Comment, broken between words. */
function commentLines({ comment }: TaskDetails, width: number): Text[] {
  const lines: string[] = [];
  for (const word of (comment ?? "").split(/\s+/).filter((each) => each !== "")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width - 4) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line): Text => ["  ", dim(line)]);
}

function factLines(details: TaskDetails, showing: Showing): Text[] {
  const { found, links } = details;
  const { task } = found;
  const facts: (readonly [string, Text | null])[] = [
    ["waits", waitingText(task, showing.now)],
    ["deadline", deadlineText(task, showing.now)],
    ["heartbeat", heartbeatText(task, showing.now)],
    ["attempt", task.attempt === 1 ? null : String(task.attempt)],
    ["asked of", task.integration],
    ["handed to", task.handedTo === null ? null : [task.handedTo.service, task.handedTo.id ?? ""].join(" ").trimEnd()],
    ["machine", [details.stateMachineName, ...link(links?.stateMachine)]],
    ["execution", [details.executionName, ...link(links?.execution)]],
    ["where", dim(`${details.account} ${details.region}`)],
    ["address", dim(details.address)],
  ];
  return facts.flatMap(([label, text]) => (text === null ? [] : [[dim(`  ${label.padEnd(11)}`), text]]));
}

function link(url: string | null | undefined): Text[] {
  return url == null ? [] : ["  ", dim(url)];
}

/** To the second: with both instants of a task on it, a line still fits 80 columns. */
function secondOf(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

function waitingText({ waitingSince, closed }: CallbackTask, now: Date): Text {
  const since = `since ${secondOf(waitingSince)}`;
  if (closed === null) return [formatSpan(now.getTime() - waitingSince.getTime()), ", ", dim(since)];
  const ends = { succeeded: green("answered with success"), failed: yellow("answered with failure"), timedOut: red("timed out") };
  const how = closed.kind === "containerEnded" ? yellow("stopped with what it was part of") : ends[closed.kind];
  return [how, ` at ${closed.at.toISOString()}, no longer waiting; it waited `, dim(since)];
}

function deadlineText({ timeoutAt, closed }: CallbackTask, now: Date): Text | null {
  if (closed !== null) return null;
  if (timeoutAt === null) return "none set; it may wait up to a year";
  const left = timeoutAt.getTime() - now.getTime();
  const text = left < 0 ? "past" : `in ${formatSpan(left)}`;
  return [left < 3_600_000 ? yellow(text) : text, ", ", dim(secondOf(timeoutAt))];
}

/** A heartbeat leaves no trace in the history, so only the first one's deadline can be told. */
function heartbeatText({ heartbeatSeconds, waitingSince, closed }: CallbackTask, now: Date): Text | null {
  if (heartbeatSeconds === null || closed !== null) return null;
  const left = waitingSince.getTime() + heartbeatSeconds * 1000 - now.getTime();
  const first = left < 0 ? "beats have come" : `the first within ${formatSpan(left)}`;
  return [`one every ${formatSpan(heartbeatSeconds * 1000)} at least; `, first];
}

function askedLines({ found }: TaskDetails, { width, full, redact }: Showing): Text[] {
  const { payload, input } = found.task;
  const text = payload ?? input;
  if (text === null) return [];
  return jsonLines(parsedJson(redact(text)), { width, ...(full === undefined ? {} : { full }) });
}

function trailLines({ trail }: TaskDetails, { full }: Showing): Text[] {
  const steps = full === true ? trail.steps : trail.steps.slice(-mostSteps);
  const left = trail.steps.length - steps.length;
  return [...(left === 0 ? [] : [dim(`… ${left} earlier state${left === 1 ? "" : "s"}`)]), ...steps.flatMap(stepLines)];
}

function stepLines({ state, type, iteration, enteredAt, exitedAt, failedAttempts }: TrailStep): Text[] {
  const took = exitedAt === null ? "" : `  ${formatSpan(exitedAt.getTime() - enteredAt.getTime())}`;
  const line: Text = [dim(enteredAt.toISOString()), "  ", state, iteration === null ? "" : `[${iteration}]`, dim(`  ${type}${took}`)];
  const attempts = failedAttempts.map(
    ({ at, error }, index): Text => [
      dim(at.toISOString()),
      "    ",
      yellow(`attempt ${index + 1} failed`),
      error === null ? "" : `: ${error}`,
    ],
  );
  return [line, ...attempts];
}

function nextLines({ next, found }: TaskDetails): Text[] {
  if (next === null) return [];
  const { state } = found.task;
  const told: (readonly [string, string])[] = [
    ...(next.success === null ? [] : [["answered with success", consequenceText(next.success, state)] as const]),
    ...next.rules.map((rule) => [`on ${rule.errorEquals.join(", ")}`, ruleText(rule, state)] as const),
    ...(next.otherFailure === null || isToldByRules(next)
      ? []
      : [["on any other error", consequenceText(next.otherFailure, state)] as const]),
    ...(next.timeout === null || found.task.timeoutAt === null ? [] : [["at the deadline", consequenceText(next.timeout, state)] as const]),
  ];
  const widest = Math.min(longestLabel, Math.max(0, ...told.map(([label]) => label.length)));
  return told.map(([label, text]) => [dim(label.padEnd(widest)), "  ", text]);
}

/** A catcher of all errors leaves no other. */
function isToldByRules({ rules, otherFailure }: NextSteps): boolean {
  return otherFailure?.kind === "catch" && rules.some(({ kind, errorEquals }) => kind === "catch" && errorEquals.includes("States.ALL"));
}

function ruleText({ kind, of, maxAttempts, next }: FailureRule, state: string): string {
  const whose = of === state ? "" : ` of ${of}`;
  return kind === "catch"
    ? `Catch${whose} → ${next ?? ""}`
    : `Retry${whose}, ${maxAttempts} attempt${maxAttempts === 1 ? "" : "s"} at most`;
}

function choiceLines(choices: readonly AnswerChoice[], { found }: TaskDetails): Text[] {
  const widest = Math.max(0, ...choices.map(({ word }) => word.length));
  return choices.map(({ word, preview }) => [
    green(word.padEnd(widest)),
    "  ",
    preview === null ? "" : previewText(preview, found.task.state),
  ]);
}
