import { setTimeout as delay } from "node:timers/promises";
import type { EndingSignal } from "../context/programs.ts";
import { CliError } from "../errors.ts";

type Heard = EndingSignal | "SIGTSTP" | "SIGCONT";

/** Where signals come from, and go to. */
export interface SignalSource {
  readonly pid: number;
  on(signal: Heard, listener: () => void): unknown;
  off(signal: Heard, listener: () => void): unknown;
  /** A negative id means a process group. Throws where there is none. */
  kill(pid: number, signal: NodeJS.Signals | 0): unknown;
  exit(code: number): unknown;
}

export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM, with a CliError of that kind as its reason. */
  readonly signal: AbortSignal;
  /** Aborted by a SIGTERM, which is sent to us alone; a Ctrl-C reaches our children by itself, being of the terminal's group. */
  readonly terminated: AbortSignal;
  /** Rejects with that reason once the command had its time to end by itself. */
  readonly givenUp: Promise<never>;
  /** Tells `listener` of every signal from now on, SIGHUP too, and does nothing else at them. Throws the reason where one has come already. */
  take(listener: (signal: EndingSignal) => void): void;
  /** Does what a SIGINT does. */
  interrupt(): void;
  /** Ends the process soon where a signal came: a request that still hangs must not keep it. */
  exitSoonWhereAborted(exitCode: number): void;
  stopListening(): void;
}

// Long enough for a command to close a server or tell a result after Ctrl-C, short enough not to feel stuck in a request that hangs.
const graceMilliseconds = 500;

/**
 * Listens from now on. A second Ctrl-C ends the process at once. `idle` resolves when no child runs: its exit code is ours. `closed` waits for what is
 * just being closed, such as a server with work under way, and says whether there was anything: then the command is about to end by itself.
 */
export function listenForSignals(source: SignalSource, idle: () => Promise<void>, closed: () => Promise<boolean>): Signals {
  const abort = new AbortController();
  const { signal } = abort;
  const terminate = new AbortController();
  let taken: ((signal: EndingSignal) => void) | null = null;
  const onInterrupt = () => {
    if (taken !== null) return taken("SIGINT");
    if (signal.aborted) source.exit(130);
    abort.abort(new CliError("interrupted", "interrupted"));
  };
  const onTerminate = () => {
    if (taken !== null) return taken("SIGTERM");
    abort.abort(new CliError("terminated", "ended by SIGTERM"));
    terminate.abort();
  };
  const givenUp = new Promise<never>((_, fail) => {
    const giveUp = async () => {
      await idle();
      do await delay(graceMilliseconds);
      while (await closed());
      fail(signal.reason);
    };
    signal.addEventListener("abort", () => void giveUp(), { once: true });
  });
  // Nobody may be listening: the command can have ended before the signal came.
  givenUp.catch(() => {});
  const listening = new Listening(source);
  listening.to("SIGINT", onInterrupt);
  listening.to("SIGTERM", onTerminate);
  return {
    signal,
    terminated: terminate.signal,
    givenUp,
    take(listener) {
      signal.throwIfAborted();
      // The listeners stay: a signal that comes while there is none for a moment would be lost.
      taken = listener;
      listening.to("SIGHUP", () => listener("SIGHUP"));
    },
    interrupt: onInterrupt,
    exitSoonWhereAborted(exitCode) {
      // Where nothing hangs, the timer keeps nothing either.
      if (signal.aborted) setTimeout(() => source.exit(exitCode), graceMilliseconds).unref();
    },
    stopListening: () => listening.stop(),
  };
}

/** The listeners of one process, taken away together. */
export class Listening {
  readonly #source: SignalSource;
  readonly #listeners: (readonly [Heard, () => void])[] = [];

  constructor(source: SignalSource) {
    this.#source = source;
  }

  to(signal: Heard, listener: () => void): void {
    this.#listeners.push([signal, listener]);
    this.#source.on(signal, listener);
  }

  stop(): void {
    for (const [signal, listener] of this.#listeners.splice(0)) this.#source.off(signal, listener);
  }
}
