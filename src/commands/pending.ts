import { setFlagsFromString } from "node:v8";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { look } from "./pending/look.ts";
import { addPendingOptions, pendingOptions } from "./pending/options.ts";
import { connectRegions } from "./pending/regions.ts";
import { report } from "./pending/report.ts";
import { addExamples, type Run } from "./registration.ts";

/** The code that says "something is waiting" to cron and CI; it wins over 5. */
const somethingWaits = 8;
/** A part of the account could not be looked at. */
const notAllSeen = 5;

export function registerPending(program: Command, run: Run): void {
  const command = program.command("pending").description("list the waiting tasks of the account and Region");
  addExamples(addPendingOptions(command), [
    "pending",
    "pending --state-machine 'order-*' --older 6h --sort deadline",
    "pending --by state --region eu-west-1 --region us-east-1",
    "pending --columns id,age,input.orderId",
    "pending --json --query 'tasks[].id'",
    "pending --older 1d --count --fail-if-any",
  ]).action(run(pending, { readsOnly: true, takesRegions: true }));
}

async function pending(context: Context, given: Record<string, unknown>): Promise<number> {
  const options = pendingOptions(given);
  // Many histories pass through; without this V8 lets its heap grow to twice of what they need before it clears it up.
  setFlagsFromString("--optimize-for-size");
  await using connections = await connectRegions(context, options.regions);
  const looking = { context, connections: connections.all, options };
  const found = await look(looking);
  // What was found until a Ctrl-C is told to its end, however long that takes: a second one ends it.
  const tell = context.undoAtEnd(() => report(looking, found));
  await tell();
  if (found.interrupted && context.signal.reason instanceof CliError) return context.signal.reason.exitCode;
  if (options.failIfAny && found.count > 0) return somethingWaits;
  return found.notSeen.length > 0 ? notAllSeen : 0;
}
