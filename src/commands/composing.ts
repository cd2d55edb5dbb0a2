import { type AnswerChoice, answerChoices } from "../answering/answer-choices.ts";
import { contractFor, type FoundContract } from "../answering/contracts.ts";
import { openTrials, type TryState } from "../answering/preview.ts";
import type { TaskDetails } from "../answering/task-details.ts";
import type { Connection, Context } from "../context.ts";

/** What a person answers, and what they answer it with. */
export interface Composing {
  readonly context: Context;
  readonly details: TaskDetails;
  readonly contract: FoundContract | null;
  readonly choices: readonly AnswerChoice[];
  readonly tryState: TryState;
}

export interface ComposingOptions {
  /** The file of --contract; where absent, the user's own. */
  readonly contractFile?: string | undefined;
  /** A way to try states that is open already. */
  readonly tryState?: TryState;
}

/** Gathers what a task can be answered with. A usage error where a contract has a fault. */
export async function composingFor(
  context: Context,
  connection: Connection,
  details: TaskDetails,
  { contractFile, tryState }: ComposingOptions = {},
): Promise<Composing> {
  const machine = { arn: details.stateMachineArn, name: details.stateMachineName };
  const contract = await contractFor(context.files, contractFile, { machine, state: details.found.task.state });
  const trials = tryState ?? (await openTrials(context, connection));
  return { context, details, contract, choices: await answerChoices(trials, details, contract), tryState: trials };
}
