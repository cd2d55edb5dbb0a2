import type { Engine } from "./engine.ts";
import type { HandedTask } from "./local.ts";

interface HandOver {
  /** Hands over whatever waits to be; returns at once. */
  look(): void;
  /** Resolves when everything handed over so far has been dealt with. */
  idle(): Promise<void>;
}

/** Gives each waiting callback task to `onTask` once, whichever process scheduled it. */
export function handOver(engine: Engine, onTask: ((task: HandedTask) => Promise<void>) | undefined): HandOver {
  const running = new Set<Promise<void>>();
  if (onTask === undefined) return { look() {}, async idle() {} };
  return {
    look() {
      for (const task of engine.takeDeliveries()) {
        const work = onTask(task).catch(() => {
          // How the program failed is its caller's to tell; the task goes on waiting, as it would after a failed consumer on AWS.
        });
        running.add(work);
        void work.then(() => running.delete(work));
      }
    },
    async idle() {
      await Promise.all(running);
    },
  };
}
