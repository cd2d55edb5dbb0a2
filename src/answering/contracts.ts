import { join } from "node:path";
import { type ContractOutcome, contractSchema, outputSchema, type StateContract, stateContract } from "../callback/contract.ts";
import { asObject, type JsonObject } from "../callback/definition/defined-states.ts";
import { jsonErrorPlace } from "../callback/json-error.ts";
import type { Files } from "../context.ts";
import { usageError } from "../errors.ts";

/** What a state's contract comes from, and what it says. */
export interface FoundContract extends StateContract {
  /** The file, or what it is called where it is none. */
  readonly source: string;
}

interface Subject {
  readonly machine: { readonly arn: string; readonly name: string };
  readonly state: string;
}

/** The file that is looked at where no other is named; in the user's own folder, as one that merely lies in the working directory may be anybody's. */
function standardContractFile({ configFolder }: Pick<Files, "configFolder">): string {
  return join(configFolder, "contract.json");
}

/** The file of `--contract`, else the user's own where there is one: its text as JSON, checked. Null where there is none. */
async function readContract(
  files: Files,
  named: string | undefined,
): Promise<{ readonly file: string; readonly contract: JsonObject } | null> {
  const file = named ?? standardContractFile(files);
  const text = named === undefined ? await files.readIfThere(file) : await files.read(file);
  if (text === null) return null;
  const place = jsonErrorPlace(text);
  if (place !== undefined) throw usageError(`the contract ${file} is not JSON: line ${place.line}, column ${place.column}`);
  const contract = asObject(JSON.parse(text));
  const { compileSchema } = await import("./json-schema.ts");
  const problems = contract === null ? ["it must be an object"] : compileSchema(contractSchema, "contract")(contract);
  if (contract === null || problems.length > 0) throw usageError(`the contract ${file} has a fault: ${problems.slice(0, 3).join("; ")}`);
  return { file, contract };
}

/** What the contract says of a state; null where it says nothing. `--contract` that says nothing of it is a usage error. */
export async function contractFor(files: Files, named: string | undefined, { machine, state }: Subject): Promise<FoundContract | null> {
  const read = await readContract(files, named);
  const found = read === null ? null : stateContract(read.contract, machine, state);
  if (read !== null && found !== null) {
    const { compileSchema } = await import("./json-schema.ts");
    for (const { form, word } of found.outcomes) if (form !== null) compileSchema(form, `the form of ${word} in ${read.file}`);
    return { ...found, source: read.file };
  }
  if (named !== undefined) throw usageError(`the contract ${named} says nothing of the state ${state} of ${machine.name}`);
  return null;
}

/** What is wrong with what was filled in for an outcome, one sentence each. */
export async function formProblems(outcome: ContractOutcome, filled: JsonObject): Promise<readonly string[]> {
  if (outcome.form === null) return Object.keys(filled).map((name) => `${outcome.word} takes no ${name}`);
  const { compileSchema } = await import("./json-schema.ts");
  return compileSchema({ type: "object", additionalProperties: false, ...outcome.form }, `the form of ${outcome.word}`)(filled);
}

/** What is wrong with an output by a contract: undefined where it is one that an outcome with success can make, or the contract has none. */
export async function outputProblem({ outcomes, source }: FoundContract, output: string): Promise<string | undefined> {
  const { compileSchema } = await import("./json-schema.ts");
  const value: unknown = JSON.parse(output);
  const tried = outcomes.flatMap((outcome) => {
    const schema = outputSchema(outcome);
    return schema === null ? [] : [{ word: outcome.word, problems: compileSchema(schema, `the output of ${outcome.word}`)(value) }];
  });
  const [nearest] = tried.toSorted((one, other) => one.problems.length - other.problems.length);
  if (nearest === undefined || nearest.problems.length === 0) return undefined;
  const whose = tried.length === 1 ? `the outcome ${nearest.word}` : `any outcome (nearest: ${nearest.word})`;
  return `the output does not fit ${whose} of the contract ${source}: ${nearest.problems.slice(0, 3).join("; ")}`;
}
