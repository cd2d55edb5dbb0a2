import type { AnswerResult } from "../../answering/answer-result.ts";
import type { EndingSignal } from "../../context/programs.ts";
import type { Terminal } from "../../context.ts";
import type { CliError } from "../../errors.ts";
import { cyan, dim, green, type Text, yellow } from "../../text.ts";
import { outcomeLine, redacted, sentence } from "../answer/outcome-report.ts";
import { formatSpan } from "../durations.ts";

/** What happens while a command works on a task. */
export type RunEvent =
  | { readonly event: "polling"; readonly activityArn: string }
  | {
      readonly event: "taken";
      readonly taskId: string | null;
      readonly executionArn: string | null;
      readonly state: string | null;
      readonly heartbeatSeconds: number | null;
      readonly everySeconds: number;
    }
  | { readonly event: "beat" }
  | { readonly event: "beatFailed"; readonly reason: string; readonly failures: number }
  | { readonly event: "signal"; readonly signal: EndingSignal; readonly does: string }
  | { readonly event: "answerFailed"; readonly reason: string }
  | { readonly event: "answered"; readonly result: AnswerResult; readonly exitCode: number | null; readonly error: string | null }
  | { readonly event: "lost"; readonly result: AnswerResult | null; readonly reason: string }
  | { readonly event: "left"; readonly signal: EndingSignal }
  | { readonly event: "pollFailed"; readonly reason: string; readonly failures: number }
  | { readonly event: "failed"; readonly code: string; readonly message: string };

export type Tell = (event: RunEvent) => void;

/** Tells what happens on stderr: a JSON object a line with `--log json`, else in words. `task` counts the tasks of a worker. */
export function runLog(terminal: Terminal, format: "json" | "human", now: () => Date, task?: number): Tell {
  if (format === "json") {
    const numbered = task === undefined ? {} : { task };
    return (event) => terminal.note(JSON.stringify({ at: now().toISOString(), ...numbered, ...eventJson(event) }));
  }
  let isFailing = false;
  return (event) => {
    // Under --json stderr is for errors as JSON, and for what the command writes.
    if (terminal.format !== "human") return;
    const wasFailing = isFailing;
    isFailing = event.event === "beatFailed";
    tellInWords(terminal, event, { wasFailing, task });
  };
}

function eventJson(event: RunEvent): object {
  switch (event.event) {
    case "answered":
      return { event: event.event, sent: event.result.sent, outcome: event.result.outcome, exitCode: event.exitCode, error: event.error };
    case "lost":
      return { event: event.event, outcome: event.result?.outcome ?? null, reason: event.reason };
    default:
      return event;
  }
}

interface Telling {
  readonly wasFailing: boolean;
  /** Its number, for a task of a worker. */
  readonly task: number | undefined;
}

function tellInWords(terminal: Terminal, event: RunEvent, { wasFailing, task }: Telling): void {
  switch (event.event) {
    case "polling":
      return terminal.note(dim(`waiting for tasks of ${event.activityArn}`));
    case "taken":
      return terminal.note(dim(takenLine(event, task)));
    case "beat":
      return wasFailing ? terminal.note(dim("heartbeats come through again")) : terminal.debug("heartbeat taken");
    case "beatFailed":
      if (wasFailing) return terminal.debug(`heartbeat failed: ${event.reason}`);
      return terminal.warn(`a heartbeat did not come through, and is tried again: ${event.reason}`);
    case "signal":
      return terminal.note(`${event.signal}: ${event.does}`);
    case "answerFailed":
      return terminal.warn(`the answer did not come through, and is tried again: ${event.reason}`);
    case "answered":
      return tellAnswered(terminal, event, task);
    case "lost":
      return terminal.note([yellow(event.result?.outcome ?? "lost"), "  ", event.reason]);
    case "left":
      return terminal.note(`${event.signal}: the task was not answered and goes on waiting`);
    case "pollFailed":
      return event.failures === 1
        ? terminal.warn(`no task could be asked for, which is tried again: ${event.reason}`)
        : terminal.debug(`poll failed: ${event.reason}`);
    case "failed":
      // Told as an error by whoever ends the program.
      return;
  }
}

function takenLine({ executionArn, state, everySeconds }: Extract<RunEvent, { event: "taken" }>, task: number | undefined): string {
  const execution = executionArn?.split(":").slice(-2).join("/");
  const bare = task === undefined ? "a task known by its token" : `task ${task}`;
  const what = execution === undefined ? bare : `the task ${state} of ${execution}`;
  return `working on ${what}, with a heartbeat every ${everySpan(everySeconds)}`;
}

/** Short windows to a tenth of a second, for beats are sent at a third of them. */
function everySpan(seconds: number): string {
  return seconds < 60 ? `${Math.round(seconds * 10) / 10}s` : formatSpan(seconds * 1000);
}

function tellAnswered(terminal: Terminal, { result, error }: Extract<RunEvent, { event: "answered" }>, task: number | undefined): void {
  if (result.unread !== null) terminal.warn(`the history could not be read: ${result.unread}`);
  const failure: Text = error === null || result.ending?.error === error ? "" : `; failure ${error}`;
  // Of a worker's task nothing more can be learned, so nothing is advised.
  const isWorkers = task !== undefined && result.outcome === "accepted";
  const line: Text = isWorkers ? [green("accepted"), `  task ${task} was answered`] : outcomeLine(redacted(result, terminal.redact));
  terminal.note([line, failure]);
  if (error === "OutputNotJson") terminal.note([cyan("hint:"), " --wrap takes the output as text, and --output-from none takes none"]);
}

/** Why a task is lost, in words. */
export function lossReason(ended: AnswerResult | CliError): string {
  return "outcome" in ended ? sentence(ended, "") : ended.message;
}
