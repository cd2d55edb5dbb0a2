import type { Environment } from "../context.ts";

/** A signal that asks a program to end. */
export type EndingSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** How a program is started in a process group of its own. */
export interface ChildOptions {
  readonly environment: Environment;
  /** The file that is its standard input: read even where we are killed. Ours where null. */
  readonly stdinFile: string | null;
  /** Takes what it writes. It is held back until the promise resolves, while it runs. */
  onOutput(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void>;
}

/** A program that was started in a process group of its own. */
export interface Child {
  readonly processGroup: number;
  /** How the program ended, once what it wrote has come. What it left running is not waited for. */
  readonly ended: Promise<ChildEnd>;
  /** Sends a signal to it and to all that it has started. */
  signal(name: EndingSignal | "SIGKILL"): void;
  /** Resolves when neither it nor anything that it has started runs any more. */
  gone(): Promise<void>;
}

/** How a program has ended. */
export interface ChildEnd {
  /** 128 and the signal's number where a signal ended it. */
  readonly exitCode: number;
  /** Such as `SIGKILL`. */
  readonly signal: string | null;
}

/** How a program is run in our own process group, its streams inherited where nothing else is said. */
export interface SpawnOptions {
  readonly environment?: Environment;
  /** Written to the program's standard input; inherited where absent. */
  readonly stdin?: string;
  /** Where the program's stdout goes: our stdout (default) or our stderr. */
  readonly stdout?: "stdout" | "stderr";
  readonly shell?: boolean;
  /** Ends the program (SIGTERM) when aborted; where absent, a SIGTERM to us does. */
  readonly stop?: AbortSignal;
}
