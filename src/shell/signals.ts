import { CliError } from "../errors.ts";

/** Where signals come from. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  exit(code: number): unknown;
}

export interface Signals {
  /** Aborted by the first SIGINT or SIGTERM, with a CliError of that kind as its reason. */
  readonly signal: AbortSignal;
  /** Aborted by a SIGTERM, which is sent to us alone; a Ctrl-C reaches our children by itself, being of the terminal's group. */
  readonly terminated: AbortSignal;
  /** Rejects with that reason once the command had its time to end by itself. */
  readonly givenUp: Promise<never>;
  /** Ends the process soon where a signal came: a request that still hangs must not keep it. */
  exitSoonWhereAborted(exitCode: number): void;
  stopListening(): void;
}

// Long enough for a command to close a server or tell a result after Ctrl-C, short enough not to feel stuck in a request that hangs.
const graceMilliseconds = 500;

/** Listens from now on. A second Ctrl-C ends the process at once. `idle` resolves when no child runs: its exit code is ours. */
export function listenForSignals(source: SignalSource, idle: () => Promise<void>): Signals {
  const abort = new AbortController();
  const { signal } = abort;
  const terminate = new AbortController();
  const onInterrupt = () => {
    if (signal.aborted) source.exit(130);
    abort.abort(new CliError("interrupted", "interrupted"));
  };
  const onTerminate = () => {
    abort.abort(new CliError("terminated", "ended by SIGTERM"));
    terminate.abort();
  };
  const givenUp = new Promise<never>((_, fail) => {
    const giveUp = async () => {
      await idle();
      setTimeout(() => fail(signal.reason), graceMilliseconds);
    };
    signal.addEventListener("abort", () => void giveUp(), { once: true });
  });
  // Nobody may be listening: the command can have ended before the signal came.
  givenUp.catch(() => {});
  source.on("SIGINT", onInterrupt);
  source.on("SIGTERM", onTerminate);
  return {
    signal,
    terminated: terminate.signal,
    givenUp,
    exitSoonWhereAborted(exitCode) {
      // Where nothing hangs, the timer keeps nothing either.
      if (signal.aborted) setTimeout(() => source.exit(exitCode), graceMilliseconds).unref();
    },
    stopListening() {
      source.off("SIGINT", onInterrupt);
      source.off("SIGTERM", onTerminate);
    },
  };
}
