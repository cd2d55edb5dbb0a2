import { workOnActivity } from "../../answering/working/activity-worker.ts";
import type { Rhythm } from "../../answering/working/beating.ts";
import type { ActivityTask } from "../../aws/step-functions.ts";
import type { EndingSignal } from "../../context/programs.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { endJson, signalExitCodes } from "./end.ts";
import { heldByToken } from "./holding.ts";
import { Interrupts } from "./interrupts.ts";
import type { Tell } from "./log.ts";
import type { WorkerSettings } from "./options.ts";
import { type RunSettings, type WorkEnd, type Workplace, workOn, workplace } from "./task.ts";

/** Works on an activity's tasks until it is told to end, or has done as many as it may; returns the exit code. */
export async function runWorker(
  context: Context,
  settings: RunSettings,
  worker: WorkerSettings,
  rhythm: Rhythm,
  tellOf: (task?: number) => Tell,
): Promise<number> {
  const { terminal, clock } = context;
  const tell = tellOf();
  await using connection = await context.connect();
  const { stepFunctions } = connection;
  const activityArn = await activityArnOf(connection, worker.activity);
  const signals = takeSignals(context, tell);
  const place = workplace(context, connection, { settings, interrupts: signals.interrupts, isHanded: true });
  const done: Done = { taken: 0, counts: {} };
  tell({ event: "polling", activityArn });
  const working = workOnActivity({
    ...{ concurrency: worker.concurrency, maxTasks: worker.maxTasks, clock, stop: signals.stop },
    poll: () => stepFunctions.activityTask(activityArn, worker.workerName),
    work(task) {
      done.taken += 1;
      return workAndCount(place, task, { rhythm, tell: tellOf(done.taken), done });
    },
    onPollFailure: (failure, failures) => tell({ event: "pollFailed", reason: failure.message, failures }),
  });
  await Promise.race([working, signals.left]);
  if (terminal.format !== "jsonl") await terminal.result({ activityArn, ...done }, () => []);
  const { received } = signals.interrupts;
  return received === null ? 0 : signalExitCodes[received];
}

/** What a worker has done so far: how many tasks it has taken, and what became of them. */
interface Done {
  taken: number;
  readonly counts: Record<string, number>;
}

async function workAndCount(
  place: Workplace,
  task: ActivityTask,
  { rhythm, tell, done }: { readonly rhythm: Rhythm; readonly tell: Tell; readonly done: Done },
): Promise<void> {
  const end = await workOnOne(place, task, rhythm, tell);
  const json = end === null || end.kind === "left" ? null : endJson(end);
  const outcome = end?.kind === "left" ? "left" : (json?.outcome ?? "lost");
  done.counts[outcome] = (done.counts[outcome] ?? 0) + 1;
  if (json !== null) await place.context.terminal.item(json);
}

/** Null where the task was lost or could not be answered, which is told; throws what would spoil every other task as well. */
async function workOnOne(place: Workplace, { taskToken, input }: ActivityTask, rhythm: Rhythm, tell: Tell): Promise<WorkEnd | null> {
  const forget = place.context.terminal.hide(taskToken);
  tell({
    event: "taken",
    taskId: null,
    executionArn: null,
    state: null,
    heartbeatSeconds: null,
    everySeconds: rhythm.everyMilliseconds / 1000,
  });
  try {
    return await workOn(place, heldByToken(taskToken, input), rhythm, tell);
  } catch (error) {
    if (!(error instanceof CliError) || (error.kind !== "failure" && error.kind !== "closed")) throw error;
    tell({ event: "lost", result: null, reason: error.message });
    return null;
  } finally {
    forget();
  }
}

/** The ARN of an activity named by its name or by its ARN. Who may list none, as by `policy worker`, means one of the credentials' own account. */
async function activityArnOf({ stepFunctions, place, callerArn }: Connection, activity: string): Promise<string> {
  if (activity.startsWith("arn:")) return activity;
  try {
    for await (const { arn, name } of stepFunctions.activities()) if (name === activity) return arn;
  } catch (error) {
    if (!(error instanceof CliError) || !error.code.startsWith("AccessDenied")) throw error;
    const [, partition, , , account] = (await callerArn()).split(":");
    return `arn:${partition}:states:${place.region}:${account}:activity:${activity}`;
  }
  throw usageError(`there is no activity named ${activity} here`, "aws stepfunctions list-activities shows those of this Region");
}

interface WorkerSignals {
  /** Raised by the first one: no more polls. */
  readonly stop: AbortSignal;
  /** Told of the second one. */
  readonly interrupts: Interrupts;
  /** Resolves at the third one. */
  readonly left: Promise<void>;
}

/** A signal has the worker finish what it has; a second is passed on to what runs, and a third ends all at once. */
function takeSignals(context: Context, tell: Tell): WorkerSignals {
  const stop = new AbortController();
  const interrupts = new Interrupts();
  let leave = () => {};
  const left = new Promise<void>((done) => {
    leave = done;
  });
  let count = 0;
  const steps: readonly ((signal: EndingSignal) => string)[] = [
    () => {
      stop.abort();
      return "no more tasks are asked for; what runs is finished, and open polls are awaited, up to a minute, as they may bring a task";
    },
    (signal) => {
      interrupts.pass(signal);
      return "passed on to what runs; one more ends all at once, and leaves a task that an open poll has taken to its timeout";
    },
    (signal) => {
      interrupts.pass(signal, "SIGKILL");
      leave();
      return "what runs is killed";
    },
  ];
  context.takeSignals((signal) => {
    const step = steps[Math.min(count, steps.length - 1)];
    count += 1;
    if (step !== undefined) tell({ event: "signal", signal, does: step(signal) });
  });
  return { stop: stop.signal, interrupts, left };
}
