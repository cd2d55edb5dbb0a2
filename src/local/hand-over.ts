import { waitingTask } from "./asl/execution-state.ts";
import type { Engine } from "./engine.ts";
import type { HandedTask } from "./local.ts";
import type { TokenTarget } from "./task-token.ts";

const maxAtOnce = 100;

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
      for (const task of takeDeliveries(engine)) {
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

/** The callback tasks that wait to be handed over, each taken by one process only. */
function takeDeliveries(engine: Engine): HandedTask[] {
  const { tasks, database } = engine.store;
  const taken = tasks.undelivered(maxAtOnce).filter((task) => tasks.takeDelivery(task));
  // What is handed over cannot be taken back.
  if (taken.length > 0) database.commit();
  return taken.map((target) => handedTask(engine, target)).filter((task) => task !== null);
}

function handedTask(engine: Engine, { executionId, attempt }: TokenTarget): HandedTask | null {
  const execution = engine.store.executions.get({ id: executionId });
  const task = execution === null ? null : waitingTask(execution.state, attempt);
  if (execution === null || task === null) return null;
  const details = engine.store.executions.event(executionId, task.waiting.scheduledEventId)?.["taskScheduledEventDetails"] as {
    resourceType: string;
    resource: string;
    parameters: string;
  };
  const { resourceType, resource, parameters } = details;
  const taskToken = engine.mintToken({ executionId, attempt });
  return { executionArn: execution.arn, stateName: task.visit.name, resourceType, resource, parameters, taskToken };
}
