import { type AnswerChoice, answerChoices } from "../../answering/answer-choices.ts";
import { contractFor, type FoundContract } from "../../answering/contracts.ts";
import { openTrials, type TryState } from "../../answering/preview.ts";
import type { TaskDetails } from "../../answering/task-details.ts";
import { stateContract } from "../../callback/contract.ts";
import { parseMachine } from "../../callback/definition/defined-states.ts";
import type { Connection, Context } from "../../context.ts";
import { exampleContract, isExample } from "../../example/contract.ts";

/** What a person answers, and what they answer it with. */
export interface Composing {
  readonly context: Context;
  readonly connection: Connection;
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
  const { state } = details.found.task;
  const contract = (await contractFor(context.files, contractFile, { machine, state })) ?? shippedContract(details);
  const trials = tryState ?? (await openTrials(context, connection));
  return { context, connection, details, contract, choices: await answerChoices(trials, details, contract), tryState: trials };
}

/** The contract that comes with the program, for the example's own machine under whatever name it was deployed. */
function shippedContract({ definition, found }: TaskDetails): FoundContract | null {
  const isOurs = definition !== null && isExample("approval", parseMachine(definition)?.["Comment"]);
  const contract = isOurs ? stateContract(exampleContract, { arn: "", name: "approval" }, found.task.state) : null;
  return contract === null ? null : { ...contract, source: "that comes with the example" };
}
