import type { Command } from "commander";
import type { AnswerResult } from "../answering/answer-result.ts";
import { type Reference, readReference, type TaskOptions } from "../answering/task-reference.ts";
import { keepBeating } from "../answering/working/beating.ts";
import { beat, howItEnded } from "../answering/working/held-task.ts";
import type { Context } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { answerOne, senderFor } from "./answer/answering.ts";
import { exitCodes, outcomeJson, reportOutcome } from "./answer/outcome-report.ts";
import { addDryRun, sendingOptions, sendsNothing } from "./answer/sending-options.ts";
import { parseDuration } from "./durations.ts";
import { textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { hold } from "./run/holding.ts";
import { parseEvery } from "./run/options.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerHeartbeat(program: Command, run: Run): void {
  const command = program
    .command("heartbeat")
    .description("tell AWS that the work on a waiting task goes on")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--every <duration>", "beat again and again until the task is gone, then say how it ended")
    .option("--for <duration>", "with --every: for so long at most (exit 0 while it still waits)");
  addExamples(addDryRun(addTaskOptions(command)), ["heartbeat 3f9c", "heartbeat 3f9c --every 10m --for 8h"]).action(
    run(heartbeat, { readsOnly: sendsNothing }),
  );
}

async function heartbeat(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  const everyMilliseconds = parseEvery(options);
  const longest = textOption(options, "for");
  const forMilliseconds = longest === undefined ? null : parseDuration(longest, "--for");
  if (forMilliseconds !== null && everyMilliseconds === null) throw usageError("--for says how long to go on, so it needs --every");
  const reference = await readReference(context, word, naming);
  const sending = sendingOptions(options);
  if (everyMilliseconds === null || sending.dryRun)
    return answerOne(context, { reference, narrowing: naming, answer: { kind: "heartbeat" } }, sending);
  return beatOn(context, reference, naming, { everyMilliseconds, forMilliseconds });
}

/** Beats until the task is gone or the time is up, and says how it ended, or that it waits still. */
async function beatOn(
  context: Context,
  reference: Reference,
  naming: TaskOptions,
  { everyMilliseconds, forMilliseconds }: { readonly everyMilliseconds: number; readonly forMilliseconds: number | null },
): Promise<number> {
  const { terminal, clock } = context;
  await using connection = await context.connect();
  const sender = senderFor(context, connection);
  const holding = await hold(context, connection, reference, naming, everyMilliseconds);
  if ("closed" in holding) return reportOutcome(terminal, holding.closed);
  const { held, rhythm } = holding;
  const takenAt = clock.now();
  const first = await beat(sender, held);
  if (exitCodes[first.outcome] === exitCodes.expired) return reportOutcome(terminal, first);
  const beaten: AnswerResult = { ...first, outcome: held.target === null ? "accepted" : "applied" };
  await terminal.item(outcomeJson(beaten));
  const until = timeLimit(context, forMilliseconds);
  try {
    const end = await keepBeating({
      ...{ rhythm, clock, takenAt, random: Math.random, signal: AbortSignal.any([context.signal, until.signal]) },
      send: () => sender.stepFunctions.send(held.token, { kind: "heartbeat" }),
      async onBeat() {
        terminal.debug("heartbeat taken");
        await terminal.item(outcomeJson(beaten));
      },
      onFailure(reason, failures) {
        if (failures === 1) terminal.warn(`a heartbeat did not come through, and is tried again: ${reason}`);
      },
    });
    const result = await howItEnded(sender, held, rhythm, end);
    if (result instanceof CliError) throw result;
    return await reportOutcome(terminal, result);
  } catch (error) {
    if (!until.isOver() || context.signal.aborted) throw error;
    return await reportOutcome(terminal, beaten);
  } finally {
    until.end();
  }
}

/** A signal that is raised once the time is up, if there is a limit. */
function timeLimit({ clock }: Context, milliseconds: number | null) {
  const [timeUp, ended] = [new AbortController(), new AbortController()];
  if (milliseconds !== null) {
    clock.sleep(milliseconds, ended.signal).then(
      () => timeUp.abort(),
      () => {},
    );
  }
  return { signal: timeUp.signal, isOver: () => timeUp.signal.aborted, end: () => ended.abort() };
}
