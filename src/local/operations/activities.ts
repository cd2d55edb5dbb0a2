import { setTimeout as delay } from "node:timers/promises";
import { ApiError } from "../api-error.ts";
import { waitingTask } from "../asl/execution-state.ts";
import type { Engine } from "../engine.ts";
import type { StoredActivity } from "../store/tasks.ts";
import { checkName, type Operations, seconds } from "./operation.ts";
import { checkEncryption, type Encryption, ownedKey, readEncryption } from "./settings.ts";
import { checkTagCount, readTags } from "./tags.ts";

/** How often a poll looks for tasks that other processes have scheduled. */
const lookMilliseconds = 200;
/** Pollers that AWS allows an activity at once (facts page 2.1, documented). */
const maxPollers = 1000;

/** Checks stand in the order in which AWS makes them (facts page 2). */
export const activityOperations: Operations = {
  CreateActivity(engine, request) {
    const name = request.text("name", { min: 1, max: 80 });
    const encryption = readEncryption(request) ?? ownedKey;
    const tags = readTags(request);
    request.done();
    checkName(name);
    checkEncryption(encryption);
    const arn = engine.arn(`activity:${name}`);
    return engine.store.transaction(() => {
      // The same name again is the same activity (facts page 2.5, recorded), where its key is the same, too (documented; the words are ours).
      const existing = engine.store.tasks.activity(arn);
      const activity = existing ?? { arn, name, createdAt: engine.now(), encryption: JSON.stringify(encryption) };
      if (activity.encryption !== JSON.stringify(encryption)) {
        throw new ApiError("ActivityAlreadyExists", `Activity Already Exists: '${arn}'`);
      }
      if (existing === null) {
        engine.store.tasks.addActivity(activity);
        engine.store.tags.put(arn, tags);
        checkTagCount(arn, engine.store.tags.count(arn));
      }
      return { activityArn: arn, creationDate: seconds(activity.createdAt) };
    });
  },

  DescribeActivity(engine, request) {
    const arn = request.arn("activityArn", ["activity"]);
    request.done();
    const activity = existingActivity(engine, arn);
    return { ...summary(activity), encryptionConfiguration: JSON.parse(activity.encryption) as Encryption };
  },

  ListActivities(engine, request) {
    const page = request.page();
    request.done();
    const found = engine.store.tasks.activities(page.size + 1, String(page.after?.[0] ?? ""));
    const { rows, ...next } = page.cut(found, ({ name }) => [name]);
    return { activities: rows.map(summary), ...next };
  },

  DeleteActivity(engine, request) {
    const arn = request.arn("activityArn", ["activity"]);
    request.done();
    engine.store.transaction(() => {
      engine.store.tasks.deleteActivity(arn);
      engine.store.tags.removeAll(arn);
    });
    return {};
  },

  async GetActivityTask(engine, request, signal) {
    const arn = request.arn("activityArn", ["activity"]);
    const workerName = request.optionalText("workerName", { min: 1, max: 80 });
    request.done();
    existingActivity(engine, arn);
    return await poll(engine, arn, workerName, signal);
  },
};

/** Waits for a task for as long as a poll may, and gives `taskToken: null` where none comes (facts page 2.1, documented). */
async function poll(engine: Engine, arn: string, workerName: string | undefined, signal: AbortSignal): Promise<object> {
  if (engine.pollers.of(arn).size >= maxPollers) {
    throw new ApiError("ActivityWorkerLimitExceeded", `Activity Worker Limit Exceeded: '${arn}'`);
  }
  const until = performance.now() + engine.pollMilliseconds;
  let wake = new AbortController();
  const stop = engine.pollers.add(arn, () => wake.abort());
  try {
    for (;;) {
      wake = new AbortController();
      const task = signal.aborted ? null : takeTask(engine, arn, workerName);
      const left = until - performance.now();
      if (task !== null || left <= 0 || signal.aborted) return task ?? { taskToken: null };
      await delay(Math.min(left, lookMilliseconds), undefined, { signal: AbortSignal.any([wake.signal, signal]) }).catch(() => {});
      await engine.catchUp();
    }
  } finally {
    stop();
  }
}

/** The oldest task that still waits for a worker; those that have ended meanwhile are passed over. */
function takeTask(engine: Engine, arn: string, workerName: string | undefined): object | null {
  // A thousand polls must not take the file from others five times a second each.
  if (!engine.store.tasks.hasActivityTask(arn)) return null;
  return engine.store.transaction(() => {
    for (let target = engine.store.tasks.takeActivityTask(arn); target !== null; target = engine.store.tasks.takeActivityTask(arn)) {
      const execution = engine.store.executions.get({ id: target.executionId });
      const task = execution === null ? null : waitingTask(execution.state, target.attempt);
      const now = engine.now();
      if (execution === null || task === null || engine.isOverdue(execution, now)) continue;
      const { attempt } = target;
      engine.happen(execution, { kind: "activityStarted", attempt, ...(workerName === undefined ? {} : { workerName }) }, now);
      const scheduled = engine.store.executions.event(execution.id, task.waiting.scheduledEventId)?.["activityScheduledEventDetails"];
      return { taskToken: engine.mintToken(target), input: (scheduled as { input: string }).input };
    }
    return null;
  });
}

function existingActivity(engine: Engine, arn: string): StoredActivity {
  const activity = engine.store.tasks.activity(arn);
  if (activity === null) throw new ApiError("ActivityDoesNotExist", `Activity Does Not Exist: '${arn}'`);
  return activity;
}

function summary({ arn, name, createdAt }: StoredActivity): object {
  return { activityArn: arn, name, creationDate: seconds(createdAt) };
}
