import type { Command } from "commander";
import { lookUp } from "../answering/look-up.ts";
import { taskDetails } from "../answering/task-details.ts";
import { readReference } from "../answering/task-reference.ts";
import type { Context } from "../context.ts";
import type { Text } from "../text.ts";
import { composingFor } from "./answer/composing.ts";
import { addContract } from "./answer/sending-options.ts";
import { connectionFlags } from "./connection-flags.ts";
import { textOption } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";
import { detailsJson } from "./show/json.ts";
import { detailsLines } from "./show/text.ts";
import { addTaskOptions, taskOptions } from "./task-argument.ts";

export function registerShow(program: Command, run: Run): void {
  const command = program
    .command("show")
    .description("show what a waiting task asks, and what comes of an answer")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--full", "fold nothing")
    .option("--reveal-token", "print the task's token too; who has it can answer the task");
  addExamples(addContract(addTaskOptions(command)), ["show 3f9c", "show approval/order-17", "show 3f9c --json --query payload"]).action(
    run(show, { readsOnly: true }),
  );
}

async function show(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const { terminal } = context;
  const naming = taskOptions(options);
  const reference = await readReference(context, word, naming);
  await using connection = await context.connect();
  const found = await lookUp(context, connection, reference, naming);
  const token = found.task.taskToken;
  if (token !== null) terminal.hide(token);
  const details = await taskDetails(connection, found);
  const composing = await composingFor(context, connection, details, { contractFile: textOption(options, "contract") });
  const flags = connectionFlags(context);
  const json = detailsJson(composing, flags, terminal.redact);
  const lines = detailsLines(composing, {
    now: connection.stepFunctions.now(),
    width: terminal.stdoutIsTerminal ? terminal.columns : 120,
    full: options["full"] === true || !terminal.stdoutIsTerminal,
    redact: terminal.redact,
    flags,
  });
  if (options["revealToken"] === true) return revealed(context, json, lines, token);
  await terminal.result(json, () => lines);
  return 0;
}

/** Both are made already, with the token hidden in them: it is printed in its own place only. */
async function revealed({ terminal }: Context, json: object, lines: readonly Text[], token: string | null): Promise<number> {
  if (token !== null) terminal.reveal(token);
  await terminal.result({ ...json, token }, () => [...lines, "", `token: ${token ?? "none in its payload"}`]);
  return 0;
}
