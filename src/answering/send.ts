import type { HistoryEvent, StepFunctions } from "../aws/step-functions.ts";
import { type Answer, type ExecutionEnding, ending, type Judgement, judge, next, type Outcome, type Sending } from "../callback/outcome.ts";
import { taskId } from "../callback/task-id.ts";
import type { CallbackTask, Closing } from "../callback/waiting-tasks.ts";
import type { Clock } from "../context.ts";
import { CliError } from "../errors.ts";
import { type FoundTask, readHistory } from "./look-up.ts";

/** What became of an answer, and how the task ended where that is known. */
export interface AnswerResult {
  readonly taskId: string | null;
  readonly executionArn: string | null;
  readonly state: string | null;
  readonly sent: "success" | "failure" | "heartbeat" | "stop" | null;
  readonly outcome: Outcome;
  readonly settled: "reply" | "history";
  readonly closedAt: Date | null;
  /** The state entered after the task while the execution runs; its status once it ended. */
  readonly next: { readonly state: string } | { readonly status: string } | null;
  /** The state entered after the task, and how the execution ended: what `next` tells one of. */
  readonly nextState: string | null;
  readonly ending: ExecutionEnding | null;
  readonly newTaskId: string | null;
  readonly closing: Closing | null;
  readonly expiredBy: "timeout" | "heartbeat" | null;
}

interface Sender {
  readonly stepFunctions: StepFunctions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

// Looks at the history after sending: at once, then ever later, about two seconds in all.
const lookDelaysMilliseconds = [0, 50, 100, 200, 350, 500, 800];

/** Answers a task, or tells what came of it before. Never sends to a task the history shows closed. Throws where nothing was sent. */
export async function answerTask(sender: Sender, found: FoundTask, answer: Answer): Promise<AnswerResult> {
  const { task, executionArn } = found;
  const before = judge(found.events, task.eventId, answer, "notSent");
  if (before !== null) return resultOf(found, before, null, following(found.events, task.eventId));
  if (task.closed !== null) return unsettled(found, null);
  if (task.kind === "activity") throw new CliError("usage", `${task.state} waits for an activity worker, not for a callback`);
  if (task.taskToken === null) {
    const hint = `sfn-callback stop '${executionArn}'`;
    throw new CliError("failure", `${task.state} can never be answered: its payload holds no task token`, {
      code: "TokenNotInPayload",
      hint,
    });
  }
  const reply = await sender.stepFunctions.send(task.taskToken, answer);
  if (reply.kind === "notAToken") throw new CliError("closed", `AWS refused the token: ${reply.message}`, { code: reply.code });
  if (reply.kind === "taken" && answer.kind === "heartbeat")
    return { ...unsettled(found, "heartbeat"), outcome: "applied", settled: "reply" };
  return settle(sender, found, answer, reply.kind);
}

/** Answers through a token alone: nothing can be read back, so a 200 is `accepted`. Throws exit 3 where AWS refuses the token. */
export async function answerToken(stepFunctions: StepFunctions, token: string, answer: Answer): Promise<AnswerResult> {
  const reply = await stepFunctions.send(token, answer);
  if (reply.kind === "gone") {
    const hint = "give --execution <arn> beside the token to learn which";
    throw new CliError("closed", "the task no longer waits: it was answered before, or it expired", { code: "TaskTimedOut", hint });
  }
  if (reply.kind === "notAToken") throw new CliError("closed", `AWS does not know this token: ${reply.message}`, { code: reply.code });
  const outcome = reply.kind === "taken" ? "accepted" : "unknown";
  return { ...nothingKnown, sent: answer.kind, outcome };
}

async function settle(sender: Sender, found: FoundTask, answer: Answer, sending: Exclude<Sending, "notSent">): Promise<AnswerResult> {
  const { eventId } = found.task;
  let judgement: Judgement | null = null;
  let then = nothingFollows;
  for (const delayMilliseconds of lookDelaysMilliseconds) {
    // Once something was sent, no failure to look may hide what is known of it.
    const events = await lookAgain(sender, found.executionArn, delayMilliseconds);
    if (sender.signal.aborted) break;
    if (events === null) continue;
    judgement = judge(events, eventId, answer, sending);
    then = following(events, eventId);
    if (judgement !== null && (then.next !== null || judgement.newTask !== null)) break;
  }
  if (judgement !== null) return resultOf(found, judgement, answer.kind, then);
  const unknown = unsettled(found, answer.kind);
  return sending === "taken" ? { ...unknown, outcome: "applied", settled: "reply" } : unknown;
}

async function lookAgain(sender: Sender, executionArn: string, delayMilliseconds: number): Promise<HistoryEvent[] | null> {
  try {
    if (delayMilliseconds > 0) await sender.clock.sleep(delayMilliseconds, sender.signal);
    return await readHistory(sender.stepFunctions, executionArn);
  } catch {
    return null;
  }
}

type Following = Pick<AnswerResult, "next" | "nextState" | "ending">;

const nothingFollows: Following = { next: null, nextState: null, ending: null };

function following(events: readonly HistoryEvent[], eventId: number): Following {
  const after = next(events, eventId);
  const ended = ending(events);
  return {
    next: ended === null ? after : { status: ended.status },
    nextState: after !== null && "state" in after ? after.state : null,
    ending: ended,
  };
}

const nothingKnown: AnswerResult = {
  taskId: null,
  executionArn: null,
  state: null,
  sent: null,
  outcome: "unknown",
  settled: "reply",
  closedAt: null,
  ...nothingFollows,
  newTaskId: null,
  closing: null,
  expiredBy: null,
};

function unsettled({ executionArn, task }: FoundTask, sent: AnswerResult["sent"]): AnswerResult {
  return { ...nothingKnown, taskId: taskId(executionArn, task.eventId), executionArn, state: task.state, sent, settled: "history" };
}

function resultOf(found: FoundTask, judgement: Judgement, sent: AnswerResult["sent"], then: Following): AnswerResult {
  const closing = judgement.task?.closed ?? null;
  return {
    ...unsettled(found, sent),
    outcome: judgement.outcome,
    settled: judgement.settled,
    closedAt: closing?.at ?? null,
    ...then,
    newTaskId: idOf(found.executionArn, judgement.newTask),
    closing,
    expiredBy: judgement.expiredBy,
  };
}

function idOf(executionArn: string, task: CallbackTask | null): string | null {
  return task === null ? null : taskId(executionArn, task.eventId);
}
