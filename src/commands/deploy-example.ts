import type { Command } from "commander";
import type { StepFunctions } from "../aws/step-functions.ts";
import type { Column, Context } from "../context.ts";
import { CliError, usageError } from "../errors.ts";
import { type ExampleMachine, exampleMachines } from "../example/definitions.ts";
import { bold, dim } from "../text.ts";
import { connectionFlags } from "./connection-flags.ts";
import type { Run } from "./registration.ts";

// The embedded Step Functions assumes no role; CreateStateMachine only wants a well-formed ARN.
const placeholderRoleArn = "arn:aws:iam::123456789012:role/sfn-callback-example";

export interface DeployOptions {
  readonly machines: readonly ExampleMachine[];
  readonly yes: boolean;
}

interface Deployed {
  readonly name: string;
  readonly arn: string;
  readonly change: "created" | "unchanged";
}

/** Puts `deploy-example` on the program. */
export function registerDeployExample(program: Command, run: Run): void {
  program
    .command("deploy-example")
    .description("create the example's state machines, random and approval")
    .option("--template <name>", "random, approval or all", "all")
    .option("--yes", "do not ask")
    .action(run((context, options) => deployExample(context, parse(options))));
}

function parse(options: Record<string, unknown>): DeployOptions {
  const template = options["template"];
  const machines = exampleMachines.filter((machine) => template === "all" || machine.name === template);
  if (machines.length === 0) throw usageError(`--template ${JSON.stringify(template)} is none of random, approval, all`);
  return { machines, yes: options["yes"] === true };
}

/** Creates the machines that are not there yet. Asks first, except on the local Step Functions, where nothing costs anything. */
export async function deployExample(context: Context, options: DeployOptions): Promise<number> {
  await using connection = await context.connect();
  if (connection.place.kind === "aws") {
    throw usageError(
      "deploy-example cannot deploy to AWS yet, only onto the embedded Step Functions",
      "sfn-callback deploy-example --local",
    );
  }
  await consent(context, options, connection.place.kind === "local");
  const deployed = await deploy(connection.stepFunctions, options.machines);
  await context.terminal.result({ stateMachines: deployed }, () => context.terminal.table(columns, deployed));
  if (context.terminal.format === "human") {
    const name = deployed.at(-1)?.name ?? "approval";
    context.terminal.note(dim(`Next: sfn-callback start ${name}${connectionFlags(context)} --input '{"order":17}' --until waiting`));
  }
  return 0;
}

async function consent(context: Context, options: DeployOptions, local: boolean): Promise<void> {
  if (options.yes || local) return;
  if (!context.terminal.interactive)
    throw usageError("deploy-example asks before it creates anything, and there is no terminal", "Add --yes.");
  const names = options.machines.map((machine) => machine.name).join(" and ");
  if (
    !(await context.prompts.confirm(
      `Create the state machines ${names} at ${context.connectionOptions.endpointUrl ?? "this endpoint"}?`,
      true,
    ))
  )
    throw new CliError("usage", "nothing was created");
}

/** Creates each machine, or finds that the very same one is there. A machine of that name with another definition is a failure. */
export async function deploy(stepFunctions: StepFunctions, machines: readonly ExampleMachine[]): Promise<Deployed[]> {
  const existing = new Map<string, string>();
  for await (const machine of stepFunctions.stateMachines()) existing.set(machine.name, machine.arn);
  const deployed: Deployed[] = [];
  for (const machine of machines) {
    const definition = JSON.stringify(machine.definition, null, 2);
    const present = existing.get(machine.name);
    if (present === undefined) {
      const { arn } = await stepFunctions.createStateMachine({ name: machine.name, definition, roleArn: placeholderRoleArn });
      deployed.push({ name: machine.name, arn, change: "created" });
      continue;
    }
    const { definition: there } = await stepFunctions.stateMachine(present);
    if (!sameJson(there, definition)) {
      throw new CliError("failure", `A state machine named ${machine.name} is there with another definition; it was left as it is`, {
        code: "StateMachineAlreadyExists",
        hint: "Delete it first, or use another --local-file.",
      });
    }
    deployed.push({ name: machine.name, arn: present, change: "unchanged" });
  }
  return deployed;
}

function sameJson(one: string, other: string): boolean {
  try {
    return JSON.stringify(JSON.parse(one)) === JSON.stringify(JSON.parse(other));
  } catch {
    return one === other;
  }
}

const columns: readonly Column<Deployed>[] = [
  { header: "MACHINE", cell: ({ name }) => bold(name) },
  { header: "CHANGE", cell: ({ change }) => change },
  { header: "ARN", cell: ({ arn }) => dim(arn), whole: true },
];
