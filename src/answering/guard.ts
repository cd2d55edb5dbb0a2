import type { StepFunctions } from "../aws/step-functions.ts";
import { canFailByAnswer } from "../callback/definition/answer-risk.ts";
import { machineOf } from "../callback/execution-arn.ts";
import type { Answer } from "../callback/history/outcome.ts";
import type { Connection, Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { contractFor, outputProblem } from "./contracts.ts";
import type { FoundTask } from "./look-up.ts";
import { type Death, openTrials, previewAnswer, type TryState } from "./preview.ts";

/** Throws (exit 2) where an answer must not be sent to a task. */
export type Guard = (found: FoundTask, answer: Answer) => Promise<void>;

/**
 * A guard that refuses an answer which would kill the execution, or does not fit the contract of its state. What may not be read is no
 * reason to refuse. AWS is asked for the definition only, and nothing is tried where no answer can do harm.
 */
export function answerGuard(context: Context, connection: Connection, contractFile: string | undefined): Guard {
  let trials: Promise<TryState> | undefined;
  return async (found, answer) => {
    if (answer.kind !== "success" || found.task.closed !== null) return;
    await guardContract(context, found, answer.output, contractFile);
    const definition = await readableDefinition(connection.stepFunctions, found.executionArn);
    if (definition === null || !canFailByAnswer(definition, found.task.state)) return;
    trials ??= openTrials(context, connection);
    const { kills } = await previewAnswer(await trials, found, definition, answer);
    if (kills !== null) throw wouldKill(kills);
  };
}

async function guardContract(
  { files }: Context,
  { executionArn, task }: FoundTask,
  output: string,
  contractFile: string | undefined,
): Promise<void> {
  const contract = await contractFor(files, contractFile, { machine: machineOf(executionArn), state: task.state });
  const problem = contract === null ? undefined : await outputProblem(contract, output);
  if (problem !== undefined) throw new CliError("usage", problem, { code: "ContractViolation", hint: "--force sends it all the same" });
}

/** The refusal of an answer that would kill the execution. */
export function wouldKill({ state, error, cause }: Death): CliError {
  const why = cause === null ? error : `${error}: ${cause}`;
  const hint = "--preview shows what an answer would do; --force sends it all the same";
  return new CliError("usage", `this answer would kill the execution: ${state} would fail with ${why}`, { code: "WouldKill", hint });
}

/** The definition the execution runs on, or null where it may not be read: an answer can be sent without it. */
export async function readableDefinition(stepFunctions: StepFunctions, executionArn: string): Promise<string | null> {
  try {
    return (await stepFunctions.stateMachineOf(executionArn)).definition;
  } catch (error) {
    if (error instanceof CliError && error.kind !== "interrupted" && error.kind !== "terminated") return null;
    throw error;
  }
}
