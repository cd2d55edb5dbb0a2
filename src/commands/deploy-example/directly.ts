import type { Connection, Context } from "../../context.ts";
import { CliError, usageError } from "../../errors.ts";
import { exampleMachines } from "../../example/definitions.ts";
import { placeText } from "../connection-flags.ts";
import { createMachines, machinesNamed } from "../create-machines.ts";
import { confirmed, refuseWithoutConsent } from "./delete.ts";
import type { DeleteOptions, DeployOptions } from "./options.ts";
import { machineColumns, tellNext } from "./report.ts";
import { adviseToStop, stopAll, tellRunning } from "./running-executions.ts";

/**
 * Creates the machines by CreateStateMachine, where there is no CloudFormation. Asks first, except on the embedded Step Functions, where nothing costs
 * anything.
 */
export async function deployDirectly(context: Context, connection: Connection, options: DeployOptions): Promise<number> {
  const { terminal } = context;
  const machines = exampleMachines.filter(({ name }) => options.machines.includes(name));
  if (options.dryRun) return dryRun(context, connection, machines);
  if (connection.place.kind !== "local" && !options.yes) await consent(context, connection, options);
  const created = await createMachines(connection.stepFunctions, machines, options);
  await terminal.result({ stateMachines: created }, () => terminal.table(machineColumns, created));
  if (terminal.format === "human")
    tellNext(
      context,
      created.map(({ name }) => ({ example: name, name })),
      { hasFunction: false, remove: "deploy-example --delete" },
    );
  return 0;
}

async function dryRun({ terminal }: Context, { stepFunctions }: Connection, machines: typeof exampleMachines): Promise<number> {
  const existing = await machinesNamed(stepFunctions, machines);
  const planned = machines.map(({ name }) => {
    const there = existing.get(name);
    return { name, arn: there?.arn ?? null, change: there === undefined ? "created" : there.isOurs ? "unchanged" : "taken" };
  });
  await terminal.result({ dryRun: true, stateMachines: planned }, () =>
    planned.map(
      ({ name, change }) =>
        `dry run  ${name} ${change === "unchanged" ? "is there already" : change === "taken" ? "is there with another definition" : "would be created"}`,
    ),
  );
  return 0;
}

async function consent({ terminal, prompts }: Context, { place }: Connection, { machines }: DeployOptions): Promise<void> {
  if (!terminal.interactive) throw usageError("deploy-example asks before it creates anything, and there is no terminal", "add --yes");
  if (!(await prompts.confirm(`Create the state machines ${machines.join(" and ")} at ${placeText(place)}?`, true)))
    throw new CliError("usage", "nothing was created", { code: "Declined" });
}

/** Deletes the example's machines. One of their names with another definition is somebody else's, and left as it is. */
export async function deleteDirectly(context: Context, connection: Connection, options: DeleteOptions): Promise<number> {
  const { terminal } = context;
  const { stepFunctions, place } = connection;
  const found = [...(await machinesNamed(stepFunctions, exampleMachines))];
  for (const [name] of found.filter(([, { isOurs }]) => !isOurs)) {
    terminal.warn(`the state machine ${name} has another definition than the example's; it is left as it is`);
  }
  const ours = found.filter(([, { isOurs }]) => isOurs).map(([name, { arn }]) => ({ name, arn }));
  const arns = ours.map(({ arn }) => arn);
  const running = await tellRunning(context, stepFunctions, arns);
  adviseToStop(context, running, options);
  if (ours.length > 0 && (place.kind !== "local" || running.length > 0) && !options.yes) {
    refuseWithoutConsent(context, options);
    await confirmed(context, `Delete ${ours.map(({ name }) => name).join(" and ")} at ${placeText(place)}?`);
  }
  const stoppedExecutions = options.stopExecutions ? await stopAll(stepFunctions, running) : [];
  for (const { arn } of ours) await stepFunctions.deleteStateMachine(arn);
  const deleted = ours.map((machine) => ({ ...machine, change: "deleted" }));
  await terminal.result({ stateMachines: deleted, stoppedExecutions }, () =>
    deleted.length === 0 ? ["absent  none of the example's state machines is there"] : terminal.table(machineColumns, deleted),
  );
  return 0;
}
