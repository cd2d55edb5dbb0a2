import { rememberTasks } from "../../answering/look-up.ts";
import { type Watched, type Watching, watch } from "../../answering/watching.ts";
import type { Connection, Context } from "../../context.ts";

/** Watches an execution under a spinner, and keeps the ids of what is seen waiting. */
export async function watchShown(
  context: Context,
  connection: Connection,
  watching: Watching,
  text = `waiting until ${watching.until}`,
): Promise<Watched> {
  const progress = context.terminal.progress(text);
  try {
    const seen = await watch(context, connection, watching);
    await rememberTasks(
      context,
      connection,
      seen.waiting.map(({ executionArn, task: { eventId } }) => ({ executionArn, eventId })),
    );
    return seen;
  } finally {
    progress.stop();
  }
}
