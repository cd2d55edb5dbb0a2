import type { SendReply } from "../../aws/step-functions.ts";
import type { Clock } from "../../context.ts";
import { CliError } from "../../errors.ts";

/** How often a task is beaten for. */
export interface Rhythm {
  readonly everyMilliseconds: number;
  /** HeartbeatSeconds of the state: AWS times the task out once it has heard nothing for so long. Null where there is none, or none is known. */
  readonly windowMilliseconds: number | null;
}

/** What became of the beats so far, in epoch milliseconds. */
export interface Beats {
  /** When AWS last said that it took one; when the task was seen waiting, where it has not yet. */
  readonly takenAt: number;
  /** When the last one was sent. */
  readonly sentAt: number;
  /** How many were not taken since then. */
  readonly failures: number;
}

const defaultEveryMilliseconds = 30_000;
const beatsPerWindow = 3;
/** The part of an interval by which a beat may come early, so that a thousand workers started at once do not beat at once. */
const jitter = 0.1;
const firstRetryMilliseconds = 250;
const longestRetryMilliseconds = 10_000;

/** A third of the window, so that two beats may be lost; where no window is known, every 30 seconds. `everyMilliseconds`, where asked for, wins. */
export function rhythmOf(heartbeatSeconds: number | null, everyMilliseconds: number | null): Rhythm {
  const windowMilliseconds = heartbeatSeconds === null ? null : heartbeatSeconds * 1000;
  const ownMilliseconds = windowMilliseconds === null ? defaultEveryMilliseconds : windowMilliseconds / beatsPerWindow;
  return { everyMilliseconds: everyMilliseconds ?? ownMilliseconds, windowMilliseconds };
}

/** When the next beat is due. After a failure sooner than by the rhythm, each time later, never later than by it. `random` is from 0 to 1. */
export function nextBeatAt({ everyMilliseconds }: Rhythm, { sentAt, failures }: Beats, random: number): number {
  const retryMilliseconds = Math.min(firstRetryMilliseconds * 2 ** Math.max(0, failures - 1), longestRetryMilliseconds);
  const interval = failures === 0 ? everyMilliseconds : Math.min(everyMilliseconds, retryMilliseconds);
  return sentAt + interval * (1 - jitter * random);
}

/** When the window must have passed: AWS cannot have counted from a later moment than that at which it said so. Null where there is no window. */
export function windowEndsAt({ windowMilliseconds }: Rhythm, { takenAt }: Beats): number | null {
  return windowMilliseconds === null ? null : takenAt + windowMilliseconds;
}

/** `gone`: AWS says that the task no longer waits. `overdue`: no beat came through for so long that the window must have passed. */
export type BeatingEnd = "gone" | "overdue";

export interface Beating {
  readonly rhythm: Rhythm;
  readonly clock: Clock;
  /** Ends the beating: it rejects with the signal's reason. */
  readonly signal: AbortSignal;
  /** When AWS said that it took the beat before. */
  readonly takenAt: Date;
  /** From 0 to 1. */
  random(): number;
  send(): Promise<SendReply>;
  /** Told of each beat that AWS took. */
  onBeat?(): void | Promise<void>;
  /** Told of each that failed, and how many did in a row. */
  onFailure?(reason: string, failures: number): void;
}

/** Beats again and again, the first time one interval after `takenAt`. What fails is tried again until the window must have passed. */
export async function keepBeating(beating: Beating): Promise<BeatingEnd> {
  const { rhythm, clock, signal } = beating;
  const now = () => clock.now().getTime();
  const heard = { takenAt: beating.takenAt.getTime(), isGone: false };
  let beats: Beats = { takenAt: heard.takenAt, sentAt: heard.takenAt, failures: 0 };
  for (;;) {
    const endsAt = windowEndsAt(rhythm, beats);
    const dueAt = nextBeatAt(rhythm, beats, beating.random());
    await clock.sleep(Math.max(0, Math.min(dueAt, endsAt ?? dueAt) - now()), signal);
    const sentAt = now();
    // What is looked at after the wait may have come during it: the reply to a beat that was given up.
    const isOverdue = endsAt !== null && beats.failures > 0 && sentAt >= endsAt && heard.takenAt <= beats.takenAt;
    const reason = isOverdue || heard.isGone ? null : await failureOf(beating, heard);
    signal.throwIfAborted();
    if (heard.isGone) return "gone";
    if (isOverdue) return "overdue";
    if (heard.takenAt > beats.takenAt || reason === null) {
      beats = { takenAt: heard.takenAt, sentAt, failures: 0 };
      await beating.onBeat?.();
    }
    if (reason === null) continue;
    // The wait before the next try counts from the end of this one, which may have hung.
    beats = { ...beats, sentAt: now(), failures: beats.failures + 1 };
    beating.onFailure?.(reason, beats.failures);
  }
}

/** What AWS said, whenever it came. */
interface Heard {
  takenAt: number;
  isGone: boolean;
}

/** Sends one beat. Why it failed, or null; a reply that does not come within an interval must not keep the next beat back. */
async function failureOf(beating: Beating, heard: Heard): Promise<string | null> {
  const { rhythm, clock, signal } = beating;
  const over = new AbortController();
  // Not AbortSignal.any: the signal lasts as long as the work, and would remember every beat.
  signal.addEventListener("abort", () => over.abort(), { once: true, signal: over.signal });
  const patience = clock.sleep(rhythm.everyMilliseconds, over.signal).then(
    () => "no reply came in time",
    () => null,
  );
  const sending = sent(beating, heard);
  try {
    return await Promise.race([sending, patience]);
  } finally {
    over.abort();
    sending.catch(() => {});
  }
}

async function sent({ clock, send }: Beating, heard: Heard): Promise<string | null> {
  try {
    const reply = await send();
    if (reply.kind === "lost") return reply.reason;
    if (reply.kind === "taken") heard.takenAt = Math.max(heard.takenAt, clock.now().getTime());
    else heard.isGone = true;
    return null;
  } catch (error) {
    // Refused, or never sent: credentials may be renewed and networks come back while the work goes on.
    if (error instanceof CliError) return error.message;
    throw error;
  }
}
