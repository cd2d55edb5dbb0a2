import type { AnswerResult } from "../../answering/answer-result.ts";
import { resultBefore } from "../../answering/send.ts";
import type { Reference, TaskOptions } from "../../answering/task-reference.ts";
import { type Rhythm, rhythmOf } from "../../answering/working/beating.ts";
import { type HeldTask, heldTask } from "../../answering/working/held-task.ts";
import type { Connection, Context } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { lookUpOrToken } from "../answer/answering.ts";

/** A task to beat for, and how often; or how it had ended before. */
export type Holding = { readonly held: HeldTask; readonly rhythm: Rhythm } | { readonly closed: AnswerResult };

/**
 * Finds the task that is to be beaten for, and warns where that keeps nothing alive. A usage error where beats every so often come too late, or where
 * it is an activity's.
 */
export async function hold(
  context: Context,
  connection: Connection,
  reference: Reference,
  narrowing: TaskOptions,
  everyMilliseconds: number | null,
): Promise<Holding> {
  const found = await lookUpOrToken(context, connection, reference, narrowing);
  if ("token" in found) return { held: heldByToken(found.token, null), rhythm: rhythmOf(null, everyMilliseconds) };
  const closed = resultBefore(found, { kind: "heartbeat" });
  if (closed !== null) return { closed };
  const held = heldTask(found);
  const { state, heartbeatSeconds } = found.task;
  const rhythm = rhythmOf(heartbeatSeconds, everyMilliseconds);
  if (rhythm.windowMilliseconds !== null && rhythm.everyMilliseconds >= rhythm.windowMilliseconds) {
    const message = `the HeartbeatSeconds of ${state} is ${heartbeatSeconds}, so --every must be shorter`;
    throw usageError(message, `a third is usual: --every ${Math.max(1, Math.floor((heartbeatSeconds ?? 0) / 3))}s`);
  }
  if (heartbeatSeconds === null)
    context.terminal.warn(`${state} declares no HeartbeatSeconds: heartbeats only notice that the task is gone`);
  return { held, rhythm };
}

/** A task of which only the token is known, and maybe its input. */
export function heldByToken(token: string, input: string | null): HeldTask {
  return { token, input, target: null, heartbeatSeconds: null };
}
