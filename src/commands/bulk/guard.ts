import type { PlannedTask } from "../../answering/bulk/journal.ts";
import { answerGuard } from "../../answering/guard.ts";
import { findTask } from "../../answering/look-up.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import type { SendingOptions } from "../answer/sending-options.ts";

/** So many different answers are looked at before a bulk. */
const mostSamples = 20;

/**
 * Refuses (exit 2) a bulk of which one answer would kill its execution or does not fit the contract: of each machine, state and output the first
 * task is looked at. The others have inputs of their own, so it is a guard against slips and no proof.
 */
export async function guardBulk(
  context: Context,
  connection: Connection,
  tasks: readonly PlannedTask[],
  answer: Answer | null,
  { force, contractFile }: SendingOptions,
): Promise<void> {
  if (force) return;
  const guard = answerGuard(context, connection, contractFile);
  for (const { executionArn, eventId, output } of samplesOf(tasks)) {
    const own: Answer | null = output === undefined ? answer : { kind: "success", output };
    if (own === null || own.kind !== "success" || eventId === null) continue;
    try {
      await guard(await findTask(connection.stepFunctions, executionArn, eventId), own);
    } catch (error) {
      if (!(error instanceof CliError) || error.kind === "interrupted" || error.kind === "terminated") throw error;
      // What cannot be read now is told when it is answered.
      if (error.kind !== "usage") continue;
      const message = `nothing was sent: of ${executionArn.split(":").slice(-2).join("/")}, ${error.message}`;
      throw new CliError("usage", message, { code: error.code, hint: error.hint ?? "--force sends it all the same." });
    }
  }
}

function samplesOf(tasks: readonly PlannedTask[]): readonly PlannedTask[] {
  const samples = new Map<string, PlannedTask>();
  for (const task of tasks) {
    const key = JSON.stringify([task.stateMachineName, task.state, task.output ?? null]);
    if (samples.size < mostSamples && !samples.has(key)) samples.set(key, task);
  }
  return [...samples.values()];
}

/** Refuses --preview for many: it tells of one task. */
export function refusePreviewOfMany({ preview }: SendingOptions): void {
  if (preview) throw usageError("--preview tells what an answer does to one task", "--dry-run tells the plan of many");
}
