import {
  CreateActivityCommand,
  type DescribeExecutionOutput,
  GetActivityTaskCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
} from "@aws-sdk/client-sfn";
import type { Bench } from "../peer.ts";
import { type Attempt, attemptsOf, type RecordedEvent, type Recording } from "./recording.ts";
import { activityArn, plainText, type Script, scriptOf, wireText } from "./script.ts";

export interface Played {
  readonly execution: DescribeExecutionOutput;
  readonly history: readonly RecordedEvent[];
}

const testCase = "recorded";
/** Enough for every timeout and retry that was recorded, in steps small enough to answer between two of them. */
const maxTurns = 700;
const stepMilliseconds = 1_000;

/** One mock configuration for all recordings, since an endpoint has one: the machine of recording n is `rn`. */
export function mockConfigOf(recordings: readonly Recording[]): string {
  const machines: Record<string, object> = {};
  const responses: Record<string, object> = {};
  for (const [index, recording] of recordings.entries()) {
    const states = Object.entries(scriptOf(recording, "").mocked);
    for (const [state, results] of states) responses[`r${index} ${state}`] = results;
    machines[`r${index}`] = { TestCases: { [testCase]: Object.fromEntries(states.map(([state]) => [state, `r${index} ${state}`])) } };
  }
  return JSON.stringify({ StateMachines: machines, MockedResponses: responses });
}

/** Runs what was recorded, and does from outside what was done then: answers, and time passing. */
export async function play(bench: Bench, recording: Recording, index: number): Promise<Played> {
  const script = scriptOf(recording, `r${index}`);
  for (const name of script.activities.values()) await bench.client.send(new CreateActivityCommand({ name }));
  const executionArn = await bench.start(script.definition, script.input, { name: `r${index}`, testCase });
  const answers = new Answers(bench, executionArn, script);
  for (let turn = 0; turn < maxTurns; turn += 1) {
    const { status } = await bench.describe(executionArn);
    if (status !== "RUNNING") break;
    if (!(await answers.giveNext())) bench.now += stepMilliseconds;
  }
  return { execution: await bench.describe(executionArn), history: await playedHistory(bench, executionArn) };
}

async function playedHistory(bench: Bench, executionArn: string): Promise<readonly RecordedEvent[]> {
  return (await bench.history(executionArn)) as unknown as RecordedEvent[];
}

/** The workers and services that hold tasks of one execution. */
class Answers {
  readonly #bench: Bench;
  readonly #executionArn: string;
  readonly #script: Script;
  /** By the id of the event that scheduled the activity's task. */
  readonly #activityTokens = new Map<unknown, string>();

  constructor(bench: Bench, executionArn: string, script: Script) {
    this.#bench = bench;
    this.#executionArn = executionArn;
    this.#script = script;
  }

  /** Does one thing that was done to a task that waits now; false where only time can go on. */
  async giveNext(): Promise<boolean> {
    if (this.#script.answers.length === 0) return false;
    const met = new Map<string, number>();
    for (const open of attemptsOf(await playedHistory(this.#bench, this.#executionArn))) {
      if (!open.isAnswered) continue;
      const number = met.get(open.stateName) ?? 0;
      met.set(open.stateName, number + 1);
      const recorded = this.#script.answers.filter(({ stateName }) => stateName === open.stateName)[number];
      if (open.ending === null && recorded !== undefined && (await this.#give(open, recorded))) return true;
    }
    return false;
  }

  async #give(open: Attempt, recorded: Attempt): Promise<boolean> {
    if (open.family === "Activity" && !open.isStarted) return recorded.isStarted && (await this.#poll(open, recorded));
    if (recorded.ending === null || recorded.ending.kind === "TimedOut") return false;
    const { kind, details } = recorded.ending;
    const id = Number(open.scheduledEventId);
    const taskToken = this.#activityTokens.get(id) ?? (await this.#bench.token(this.#executionArn, id));
    if (kind === "Succeeded") {
      await this.#bench.client.send(new SendTaskSuccessCommand({ taskToken, output: wireText(details["output"]) }));
    } else {
      const [error, cause] = [plainText(details["error"]), plainText(details["cause"])];
      await this.#bench.client.send(new SendTaskFailureCommand({ taskToken, error, cause }));
    }
    return true;
  }

  async #poll({ stateName, scheduledEventId }: Attempt, { workerName }: Attempt): Promise<boolean> {
    const name = this.#script.activities.get(stateName) ?? "";
    const { taskToken } = await this.#bench.client.send(new GetActivityTaskCommand({ activityArn: activityArn(name), workerName }));
    if (taskToken === undefined) return false;
    this.#activityTokens.set(scheduledEventId, taskToken);
    return true;
  }
}
