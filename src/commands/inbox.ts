import type { Command } from "commander";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { addContract, addStamp, sendingOptions } from "./answer/sending-options.ts";
import { isReadOnly } from "./read-only.ts";
import { addExamples, type Run } from "./registration.ts";

/** The command where none is named. */
export function registerInbox(program: Command, run: Run): void {
  const command = program
    .command("inbox", { isDefault: true })
    .description("the waiting tasks on the screen, to read and answer; what no command does on a terminal")
    .option("--plain", "numbered questions line by line, for screen readers and dumb terminals");
  addExamples(addContract(addStamp(command)), ["inbox", "inbox --plain"]).action(
    run((context, options) => inbox(program, context, options), { readsOnly: true }),
  );
}

async function inbox(program: Command, context: Context, options: Record<string, unknown>): Promise<number> {
  const { terminal, environment } = context;
  const { stamp, contractFile } = sendingOptions(options);
  const isPlain = options["plain"] === true || environment["TERM"] === "dumb";
  if (isPlain ? !terminal.interactive : !terminal.canOpenScreen) {
    // Where no command is named, nobody asked for the inbox.
    if (!program.args.includes("inbox")) program.help({ error: true });
    throw usageError("the inbox is for a terminal", "sfn-callback pending lists the same anywhere");
  }
  const settings = { isReadOnly: isReadOnly(environment), contractFile, stamps: stamp !== undefined, as: stamp?.answeredBy };
  const { Inbox, openSession, PlainInbox } = await import("./inbox/inbox.ts");
  await using connection = await context.connect();
  await new (isPlain ? PlainInbox : Inbox)(openSession(context, connection, settings)).run();
  return 0;
}
