import type { Environment, Progress } from "../context.ts";
import type { OutputStream } from "./writer.ts";

/** The spinners of one stderr. */
export interface Spinners {
  start(text: string): Progress;
  /** Does something that writes to the terminal with no spinner in its way. */
  aside(write: () => void): void;
  /** Takes all spinners away and gives the cursor back. */
  stopAll(): void;
}

interface Spinner {
  text: string;
  start(): unknown;
  stop(): unknown;
  clear(): unknown;
  render(): unknown;
}

/** The spinner of a place where none may be shown. */
export const silentProgress: Progress = { update: () => {}, stop: () => {} };

/** Whether a spinner can be drawn: on a terminal that can move its cursor and says how wide it is (on one of width 0 ora never ends). */
export function canSpin(stream: OutputStream, environment: Environment): boolean {
  return stream.isTTY === true && environment["TERM"] !== "dumb" && stream.columns !== 0;
}

/** Spinners on a terminal, by ora, loaded when the first is shown. `clean` makes their texts safe to show. */
export function createSpinners(stream: OutputStream, color: boolean, clean: (text: string) => string): Spinners {
  const active = new Set<Spinner>();
  return {
    start: (first) => {
      let text = clean(first);
      let stopped = false;
      let spinner: Spinner | undefined;
      const show = async (): Promise<void> => {
        const { default: ora } = await import("ora");
        if (stopped) return;
        // stdin stays ours: ora's discarding of it would swallow Ctrl-C's way to us and a prompt's first keys.
        spinner = ora({ text, stream, discardStdin: false, isEnabled: true, color: color ? "cyan" : false });
        // Known before it starts, which hides the cursor: it must be stopped even where its first frame fails.
        active.add(spinner);
        spinner.start();
      };
      // Without ora there is no spinner, which nobody needs to be told.
      void show().catch(() => {});
      return {
        update: (next, lines = []) => {
          text = [next, ...lines].map(clean).join("\n  ");
          if (spinner !== undefined) spinner.text = text;
        },
        stop: () => {
          stopped = true;
          if (spinner === undefined || !active.delete(spinner)) return;
          spinner.stop();
        },
      };
    },
    aside: (write) => {
      for (const spinner of active) spinner.clear();
      write();
      for (const spinner of active) spinner.render();
    },
    stopAll: () => {
      for (const spinner of active) spinner.stop();
      active.clear();
    },
  };
}
