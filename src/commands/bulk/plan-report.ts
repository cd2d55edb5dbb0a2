import type { PlannedTask } from "../../answering/bulk/journal.ts";
import type { Plan } from "../../answering/bulk/plan.ts";
import { type Consequence, consequenceOf } from "../../callback/definition/consequence.ts";
import { machineOf } from "../../callback/execution-arn.ts";
import type { Answer } from "../../callback/history/outcome.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { dim, type Text } from "../../text.ts";
import { consequenceText } from "../answer/consequence-text.ts";
import { consequenceJson } from "../answer/dry-run.ts";
import { warnOfNotSeen } from "../pending/not-seen-text.ts";

/** The tasks of a plan in one machine and state. */
export interface PlannedGroup {
  readonly stateMachineName: string;
  readonly state: string | null;
  readonly count: number;
  /** ISO 8601, or null where it was not looked at. */
  readonly oldest: string | null;
  readonly consequence: Consequence | null;
}

/** So many groups are told one by one. */
const mostGroups = 20;

/** The plan by machine and state, with what the answer will bring about: one DescribeStateMachine for each machine. */
export async function plannedGroups(
  { stepFunctions }: Connection,
  tasks: readonly PlannedTask[],
  answer: Answer | null,
): Promise<PlannedGroup[]> {
  const groups = new Map<string, PlannedTask[]>();
  for (const task of tasks) {
    const key = JSON.stringify([machineOf(task.executionArn).arn, task.state]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [task]);
    else group.push(task);
  }
  const definitions = new Map<string, Promise<string | null>>();
  const definitionOf = (arn: string): Promise<string | null> => {
    const known = definitions.get(arn) ?? stepFunctions.stateMachine(arn).then((machine) => machine.definition, unreadable);
    definitions.set(arn, known);
    return known;
  };
  const described = [...groups.values()].map(async (group) => {
    const [first] = group;
    const { stateMachineName = "", state = null, executionArn = "" } = first ?? {};
    const definition = answer === null || state === null ? null : await definitionOf(machineOf(executionArn).arn);
    const consequence =
      definition === null || answer === null || state === null ? null : consequenceOf(definition, { state, eventId: 0 }, answer);
    const oldest = group
      .map(({ waitingSince }) => waitingSince)
      .reduce<string | null>((one, other) => ((other ?? "~") < (one ?? "~") ? other : one), null);
    return { stateMachineName, state, count: group.length, oldest, consequence };
  });
  return (await Promise.all(described)).sort((one, other) => other.count - one.count);
}

/** Says on stderr what is planned, and what is left out. */
export function tellPlan(
  { terminal }: Context,
  { tasks, unanswerable, notSeen }: Plan,
  groups: readonly PlannedGroup[],
  verb: string,
): void {
  if (terminal.format === "human" && tasks.length > 0) {
    terminal.note(`${verb} ${countedTasks(tasks)}:`);
    for (const line of groups.slice(0, mostGroups).map(groupLine)) terminal.note(["  ", line]);
    if (groups.length > mostGroups) terminal.note(dim(`  and ${groups.length - mostGroups} more states`));
  }
  if (unanswerable > 0)
    terminal.warn(
      `${counted(unanswerable, "waiting task")} cannot be answered and ${unanswerable === 1 ? "is" : "are"} left out; pending --unanswerable lists them`,
    );
  warnOfNotSeen(terminal, notSeen);
}

export function groupsJson(groups: readonly PlannedGroup[]) {
  return groups.map(({ consequence, ...group }) => ({ ...group, consequence: consequenceJson(consequence, group.state ?? "", true) }));
}

/** So many tasks, or executions where these are stopped. */
export function countedTasks(tasks: readonly PlannedTask[]): string {
  const areWhole = tasks.length > 0 && tasks.every(({ eventId }) => eventId === null);
  return counted(tasks.length, areWhole ? "execution" : "task");
}

export function counted(count: number, what: string): string {
  return `${count.toLocaleString("en-US")} ${what}${count === 1 ? "" : "s"}`;
}

function groupLine({ stateMachineName, state, count, oldest, consequence }: PlannedGroup): Text {
  const where = state === null ? stateMachineName : `${stateMachineName}, ${state}`;
  const since = oldest === null ? "" : `, the oldest since ${oldest}`;
  return [
    `${where}: ${count.toLocaleString("en-US")}${since}`,
    ...(consequence === null ? [] : [` → ${consequenceText(consequence, state ?? "", true)}`]),
  ];
}

/** The machine of an execution, or of a distributed Map's child. */
function unreadable(error: unknown): null {
  if (error instanceof CliError && error.kind !== "interrupted" && error.kind !== "terminated") return null;
  throw error;
}
