import type { Command } from "commander";
import { readReference } from "../answering/task-reference.ts";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { answerOne, answerReference } from "./answering.ts";
import { parseDuration } from "./durations.ts";
import { outcomeJson, reportOutcome } from "./outcome-report.ts";
import type { Run } from "./registration.ts";
import { addDryRun, sendingOptions } from "./sending-options.ts";
import { addTaskOptions, taskOptions, textOption } from "./task-argument.ts";

export function registerHeartbeat(program: Command, run: Run): void {
  const command = program
    .command("heartbeat")
    .description("tell AWS that the work on a waiting task goes on")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--every <duration>", "beat again and again until the task is closed");
  addDryRun(addTaskOptions(command)).action(run(heartbeat));
}

async function heartbeat(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  const every = textOption(options, "every");
  const everyMilliseconds = every === undefined ? null : parseDuration(every, "--every");
  if (everyMilliseconds !== null && everyMilliseconds < 1000) throw usageError("--every takes a second or more");
  const reference = await readReference(context, word, naming);
  const beat = { kind: "heartbeat" } as const;
  const sending = sendingOptions(options);
  if (sending.dryRun) return answerOne(context, reference, naming, beat, sending);
  await using connection = await context.connect();
  for (;;) {
    const result = await answerReference(context, connection, reference, naming, beat);
    const beaten = result.outcome === "applied" || result.outcome === "accepted";
    if (everyMilliseconds === null || !beaten) return reportOutcome(context.terminal, result);
    await context.terminal.item(outcomeJson(result));
    context.terminal.debug("heartbeat taken");
    await context.clock.sleep(everyMilliseconds, context.signal);
  }
}
