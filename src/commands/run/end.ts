import type { EndingSignal } from "../../context/programs.ts";
import { CliError } from "../../errors.ts";
import { exitCodes, outcomeJson } from "../answer/outcome-report.ts";
import type { WorkEnd } from "./task.ts";

/** The result of work as JSON, the fields that answers have first. */
export function endJson(end: Exclude<WorkEnd, { kind: "left" }>) {
  if (end.kind === "lost") return end.result instanceof CliError ? { outcome: null, reason: end.result.message } : outcomeJson(end.result);
  const { exitCode = null, signal = null } = end.end ?? {};
  return { ...outcomeJson(end.result), exitCode, signal, error: end.answer.kind === "failure" ? (end.answer.error ?? null) : null };
}

const ownFailure = 125;

/** The exit code of work on one task. */
export function exitCodeOf(end: WorkEnd): number {
  if (end.kind === "left") return signalExitCodes[end.interruptedBy];
  if (end.kind === "answered" && end.interruptedBy !== null) return signalExitCodes[end.interruptedBy];
  if (end.result instanceof CliError) return end.result.exitCode;
  const code = exitCodes[end.result.outcome];
  if (code !== 0 || end.kind === "lost") return code;
  if (end.end !== null && end.end.exitCode !== 0) return end.end.exitCode;
  return end.answer.kind === "failure" ? ownFailure : 0;
}

/** The exit code where a signal to us ended the work. */
export const signalExitCodes: Readonly<Record<EndingSignal, number>> = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
