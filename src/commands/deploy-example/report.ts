import type { ResourceChange, Stack } from "../../aws/cloudformation.ts";
import type { Column, Context } from "../../context.ts";
import type { ExampleName } from "../../example/definitions.ts";
import { machineId, machineName } from "../../example/template.ts";
import { bold, cyan, dim, type Text } from "../../text.ts";
import { counted } from "../bulk/plan-report.ts";
import { connectionFlags } from "../connection-flags.ts";
import type { Permission } from "./plan.ts";

type Change = "created" | "updated" | "unchanged";

/** What was deployed, or would be. */
export interface Deployed {
  readonly stackName: string;
  /** As it is now; null where there is none yet. */
  readonly stack: Stack | null;
  readonly change: Change;
  readonly dryRun: boolean;
  readonly changes: readonly ResourceChange[];
  readonly permissions: readonly Permission[];
  readonly machines: readonly ExampleName[];
  /** The ARNs of what is in the stack, by logical id. */
  readonly arns: ReadonlyMap<string, string | null>;
}

/** A state machine, and what became of it. */
export interface DeployedMachine {
  readonly name: string;
  readonly arn: string | null;
  readonly change: Change;
}

/** Gives the result, and the next commands; exit 0. */
export async function report(context: Context, deployed: Deployed): Promise<number> {
  const { terminal } = context;
  const { stackName, stack, change, dryRun, changes, permissions } = deployed;
  const machines = deployed.machines.map((name) => machineOf(deployed, name));
  const json = {
    ...(dryRun ? { dryRun } : {}),
    stack: { name: stackName, id: stack?.id ?? null, status: stack?.status ?? null, change },
    changes,
    permissions,
    stateMachines: machines,
  };
  await terminal.result(json, () => (dryRun ? dryRunLines(deployed) : terminal.table(machineColumns, machines)));
  if (terminal.format !== "human" || dryRun) return 0;
  if (change === "unchanged") terminal.note(`the stack ${stackName} is as it should be; nothing was changed`);
  tellNext(
    context,
    deployed.machines.map((name) => ({ example: name, name: machineName(stackName, name) })),
    {
      hasFunction: true,
      remove: `deploy-example --delete${stackName === "sfn-callback-example" ? "" : ` --stack-name ${stackName}`}`,
    },
  );
  return 0;
}

function dryRunLines({ change, stackName, changes }: Deployed): Text[] {
  if (change === "unchanged") return [`dry run  the stack ${stackName} is as it should be; nothing would be changed`];
  return [`dry run  the stack ${stackName} would be ${change}, ${counted(changes.length, "resource")}; nothing was changed`];
}

function machineOf({ stackName, arns, changes }: Deployed, example: ExampleName): DeployedMachine {
  const change = changes.find(({ logicalId }) => logicalId === machineId(example));
  return {
    name: machineName(stackName, example),
    arn: arns.get(machineId(example)) ?? null,
    change: change === undefined ? "unchanged" : change.action === "Add" ? "created" : "updated",
  };
}

export const machineColumns: readonly Column<{ readonly name: string; readonly arn: string | null; readonly change: string }>[] = [
  { header: "MACHINE", cell: ({ name }) => bold(name) },
  { header: "CHANGE", cell: ({ change }) => change },
  { header: "ARN", cell: ({ arn }) => dim(arn ?? ""), whole: true },
];

/** The commands to go on with, each to be pasted as it is. Without the function nobody answers `random` but a person. */
export function tellNext(
  { terminal, connectionOptions }: Context,
  machines: readonly { readonly example: ExampleName; readonly name: string }[],
  { remove, hasFunction }: { readonly remove: string; readonly hasFunction: boolean },
): void {
  const flags = connectionFlags({ connectionOptions });
  const starts = machines.map(({ example, name }) => {
    const input = example === "approval" ? '{"order":17}' : '{"guess":"heads"}';
    return `start ${name}${flags} --input '${input}' ${example === "random" && hasFunction ? "--until ended --timeout 1m" : "--until waiting"}`;
  });
  terminal.note(bold("Next:"));
  for (const command of [...starts, `pending${flags}`, `${remove}${flags}`]) terminal.note(["  ", cyan(`sfn-callback ${command}`)]);
}
