import type { Command } from "commander";
import type { Reference, TaskOptions } from "../../answering/task-reference.ts";
import { checkCause, checkOutput } from "../../callback/answer.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import { type Stamp, stamped } from "../../callback/stamp.ts";
import type { Connection } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { type ParsedOptions, textOption } from "../parsed-options.ts";

/** An answer, and the task that it is meant for. */
export interface IntendedAnswer {
  readonly reference: Reference;
  /** Leaves one of the tasks of an execution. */
  readonly narrowing: TaskOptions;
  readonly answer: Answer;
}

/** How an answer is sent, and what goes with it. */
export interface SendingOptions {
  readonly dryRun: boolean;
  /** Says what the answer would bring about, and sends nothing. */
  readonly preview: boolean;
  /** Sends what would be refused: an answer that kills the execution, or does not fit the contract. */
  readonly force: boolean;
  readonly contractFile: string | undefined;
  readonly reason: string | undefined;
  /** Who answers is asked of AWS where it is not in it. */
  readonly stamp: Omit<Stamp, "answeredAt"> | undefined;
  /** Whether to stay until the execution ends or waits again. */
  readonly follow: boolean;
}

/** An answer is sent, with nothing added. */
export const plainSending: SendingOptions = {
  dryRun: false,
  preview: false,
  force: false,
  contractFile: undefined,
  reason: undefined,
  stamp: undefined,
  follow: false,
};

/** Whether it is only to be said what would be sent. */
export function sendsNothing(options: ParsedOptions): boolean {
  return options["dryRun"] === true || options["preview"] === true;
}

/** Puts --dry-run on a command. */
export function addDryRun(command: Command): Command {
  return command.option("--dry-run", "say what would be sent where, and send nothing");
}

/** Puts on a command how an answer is sent. */
export function addSendingOptions(command: Command): Command {
  return addDryRun(addStamp(addReason(command)))
    .option("--preview", "say what the answer would bring about, and send nothing")
    .option("--follow", "stay until the execution ends (7 where it did not succeed) or waits again");
}

/** Puts on a command what answers with an output are checked by. */
export function addChecks(command: Command): Command {
  return addContract(command).option("--force", "send it even where it would kill the execution or does not fit the contract");
}

/** Puts --contract on a command. */
export function addContract(command: Command): Command {
  return command.option("--contract <file>", "how its tasks may be answered (default: contract.json in ~/.config/sfn-callback)");
}

/** Puts --reason on a command. */
export function addReason(command: Command): Command {
  return command.option("--reason <text>", "why, for the result and the journal");
}

/** Puts --stamp and --as on a command. */
export function addStamp(command: Command): Command {
  return command
    .option("--stamp", "add answeredBy, answeredAt and reason to the output or the cause")
    .option("--as <name>", "who answers, for --stamp (default: the ARN of the AWS credentials)");
}

/** What was asked for; a usage error for what cannot be meant. */
export function sendingOptions(options: Record<string, unknown>): SendingOptions {
  const [reason, as] = [textOption(options, "reason"), textOption(options, "as")];
  const stamps = options["stamp"] === true;
  if (as !== undefined && !stamps) throw usageError("--as says who answers in a stamp, so it needs --stamp");
  if (as?.trim() === "") throw usageError("--as is empty");
  const stamp = { ...(as === undefined ? {} : { answeredBy: as }), ...(reason === undefined ? {} : { reason }) };
  return {
    dryRun: options["dryRun"] === true,
    preview: options["preview"] === true,
    force: options["force"] === true,
    contractFile: textOption(options, "contract"),
    reason,
    stamp: stamps ? stamp : undefined,
    follow: options["follow"] === true,
  };
}

/** The same, with who answers in the stamp: the caller's ARN where no --as was given. */
export async function identified(sending: SendingOptions, connection: Connection): Promise<SendingOptions> {
  const { stamp } = sending;
  if (stamp === undefined || stamp.answeredBy !== undefined) return sending;
  return { ...sending, stamp: { ...stamp, answeredBy: await connection.callerArn() } };
}

/** Throws a usage error where the answer cannot carry the stamp, or is too long with it. */
export function refuseUnstampable(answer: Answer, { stamp }: SendingOptions, now: Date): void {
  if (stamp === undefined) return;
  const full = stamped(answer, { ...stamp, answeredAt: now.toISOString() });
  if (full === null)
    throw usageError("--stamp adds members to an object, and the output is none", "leave --stamp out, or answer with an object");
  const problem = full.kind === "success" ? checkOutput(full.output) : full.kind === "failure" ? checkCause(full.cause ?? "") : undefined;
  if (problem !== undefined) throw usageError(`${problem} (with the stamp)`);
}
