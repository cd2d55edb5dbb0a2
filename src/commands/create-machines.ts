import type { StepFunctions } from "../aws/step-functions.ts";
import { CliError } from "../errors.ts";
import type { ExampleMachine, ExampleName } from "../example/definitions.ts";

// The embedded Step Functions assumes no role; CreateStateMachine only wants a well-formed ARN.
const placeholderRoleArn = "arn:aws:iam::123456789012:role/sfn-callback-example";

/** A state machine that was made by CreateStateMachine, or was there already. */
export interface CreatedMachine {
  readonly name: ExampleName;
  readonly arn: string;
  readonly change: "created" | "unchanged";
}

export interface CreateOptions {
  readonly roleArn?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | null;
}

/** Creates each machine, or finds that the very same one is there. A machine of that name with another definition is a failure. */
export async function createMachines(
  stepFunctions: StepFunctions,
  machines: readonly ExampleMachine[],
  { roleArn = placeholderRoleArn, tags = null }: CreateOptions = {},
): Promise<CreatedMachine[]> {
  const existing = await machinesNamed(stepFunctions, machines);
  const created: CreatedMachine[] = [];
  for (const { name, definition } of machines) {
    const present = existing.get(name);
    if (present === undefined) {
      const text = JSON.stringify(definition, null, 2);
      const { arn } = await stepFunctions.createStateMachine({ name, definition: text, roleArn, ...(tags === null ? {} : { tags }) });
      created.push({ name, arn, change: "created" });
    } else if (present.isOurs) {
      created.push({ name, arn: present.arn, change: "unchanged" });
    } else {
      throw new CliError("failure", `a state machine named ${name} is there with another definition; it was left as it is`, {
        code: "StateMachineAlreadyExists",
        hint: "delete it first, or use another --local-file",
      });
    }
  }
  return created;
}

/** A machine that has the name of one of the example's. */
export interface NamedMachine {
  readonly arn: string;
  /** Its definition is the example's. */
  readonly isOurs: boolean;
}

/** Those machines of the example whose names are taken. */
export async function machinesNamed(
  stepFunctions: StepFunctions,
  machines: readonly ExampleMachine[],
): Promise<ReadonlyMap<string, NamedMachine>> {
  const found = new Map<string, NamedMachine>();
  for await (const { name, arn } of stepFunctions.stateMachines()) {
    const machine = machines.find((each) => each.name === name);
    if (machine === undefined) continue;
    const { definition } = await stepFunctions.stateMachine(arn);
    found.set(name, { arn, isOurs: sameJson(definition, JSON.stringify(machine.definition)) });
  }
  return found;
}

function sameJson(one: string, other: string): boolean {
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
  } catch {
    return one === other;
  }
}
