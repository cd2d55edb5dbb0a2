import { parsedJson } from "../../callback/json-value.ts";
import type { Column } from "../../context.ts";
import { usageError } from "../../errors.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";
import { bold, dim, type Text, yellow } from "../../text.ts";
import { formatSpan } from "../durations.ts";
import { addressOf, unanswerableReason } from "./waiting-task-json.ts";

type TaskColumn = Column<SweptTask>;

/** Of a table as it is without --columns; and as it is under --wide. */
export const usualColumns: readonly string[] = ["id", "machine", "state", "age", "deadline", "execution"];
export const wideColumns: readonly string[] = [...usualColumns, "attempt", "integration", "handed-to", "heartbeat", "answerable"];

/** Below this a column of --wide is not readable any more: then lines are longer than the terminal is wide. */
const leastWide = 16;

/** How long before its deadline a task is shown to be urgent. */
const urgentMilliseconds = 3_600_000;

/** The columns of those names; `input.<path>` is a member of the state's input. Throws a usage error for any other name. */
export function taskColumns(names: readonly string[], now: Date): readonly TaskColumn[] {
  const known = columnsAt(now);
  const isWide = wideColumns.every((name) => names.includes(name));
  return names.map((name) => {
    const column = known.get(name) ?? inputColumn(name);
    if (column !== undefined) return isWide ? { ...column, least: leastWide } : column;
    throw usageError(`--columns: there is no column ${JSON.stringify(name)}`, `there are ${[...known.keys()].join(", ")} and input.<path>`);
  });
}

function columnsAt(now: Date): Map<string, TaskColumn> {
  const column = (header: string, text: (swept: SweptTask) => string): TaskColumn => ({ header, cell: text });
  return new Map<string, TaskColumn>([
    ["id", { header: "ID", cell: ({ id }) => bold(id), plain: ({ id }) => id, whole: true }],
    ["machine", column("MACHINE", (swept) => swept.stateMachineName)],
    ["region", column("REGION", ({ executionArn }) => executionArn.split(":")[3] ?? "")],
    ["state", { header: "STATE", cell: stateCell, plain: (swept) => stateText(swept) ?? "" }],
    ["age", { header: "AGE", cell: (swept) => formatSpan(now.getTime() - swept.waitingSince.getTime()), plain: since }],
    ["since", column("SINCE", since)],
    [
      "deadline",
      {
        header: "DEADLINE",
        cell: ({ task }) => (task === null ? dim("unknown") : deadline(task.timeoutAt, now)),
        plain: ({ task }) => iso(task?.timeoutAt),
      },
    ],
    ["execution", { header: "EXECUTION", cell: executionPath, plain: ({ executionName }) => executionName }],
    ["kind", column("KIND", ({ task }) => task?.kind ?? "")],
    ["attempt", { ...column("ATTEMPT", ({ task }) => String(task?.attempt ?? "")), align: "right" }],
    ["integration", { header: "INTEGRATION", cell: integration, plain: ({ task }) => task?.integration ?? "" }],
    ["handed-to", { header: "HANDED TO", cell: (swept) => handedTo(swept, now), plain: ({ task }) => task?.handedTo?.id ?? "" }],
    [
      "heartbeat",
      {
        header: "HEARTBEAT",
        cell: ({ task }) => (task?.heartbeatSeconds == null ? "" : formatSpan(task.heartbeatSeconds * 1000)),
        plain: ({ task }) => (task?.heartbeatSeconds == null ? "" : `${task.heartbeatSeconds}s`),
        align: "right",
      },
    ],
    ["answerable", { header: "ANSWERABLE", cell: answerable, plain: (swept) => unanswerableReason(swept) ?? "yes", whole: true }],
    ["parent", { header: "PARENT", cell: parent, plain: ({ ancestorExecutionArns }) => ancestorExecutionArns.at(-1) ?? "" }],
    ["address", { ...column("ADDRESS", addressOf), whole: true }],
    ["arn", { ...column("ARN", (swept) => swept.executionArn), whole: true }],
  ]);
}

/** Whether the column of that name shows something of the state's input. */
export function needsInput(name: string): boolean {
  return name.split(".")[0] === "input";
}

function inputColumn(name: string): TaskColumn | undefined {
  if (!needsInput(name)) return undefined;
  const members = name.split(".").slice(1);
  const cell = ({ task }: SweptTask): string => {
    let value = parsedJson(task?.input ?? null);
    for (const member of members) {
      const isHolder = typeof value === "object" && value !== null && Object.hasOwn(value, member);
      value = isHolder ? (value as Record<string, unknown>)[member] : undefined;
    }
    return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  };
  return { header: name.toUpperCase(), cell };
}

/** The state with the iterations and branches that lead to it: `Ask[2]{0}`; null where the history may not be read. */
function stateText({ task }: SweptTask): string | null {
  if (task === null) return null;
  const steps = task.path.map((step) => ("map" in step ? `[${step.index}]` : "parallel" in step ? `{${step.branch}}` : "[*]"));
  return `${task.state}${steps.join("")}`;
}

/** With the executions that wait for this one before it, named without their machine where it is the same. */
function executionPath({ ancestorExecutionArns, executionName, stateMachineName }: SweptTask): Text {
  const way = ancestorExecutionArns.map((arn) => {
    const [machine = "", name = ""] = arn.split(":").slice(6);
    return machine === stateMachineName ? `${name} > ` : `${machine}/${name} > `;
  });
  return way.length === 0 ? executionName : [dim(way.join("")), executionName];
}

function parent({ ancestorExecutionArns, ancestorsComplete }: SweptTask): Text {
  return ancestorExecutionArns.at(-1) ?? (ancestorsComplete ? "" : dim("not known"));
}

function stateCell(swept: SweptTask): Text {
  return stateText(swept) ?? dim("not readable");
}

function answerable(swept: SweptTask): Text {
  const reason = unanswerableReason(swept);
  return reason === null ? "yes" : yellow(reasons[reason]);
}

/** An activity by its name, for a person. */
function integration({ task }: SweptTask): Text {
  const name = task?.integration ?? "";
  return task?.kind === "activity" ? name.replace(/^.*:activity:/, "activity ") : name;
}

function handedTo({ task }: SweptTask, now: Date): Text {
  const handed = task?.handedTo ?? null;
  if (handed === null) return task?.kind === "activity" ? yellow("queued") : "";
  if (handed.service !== "activity") return handed.id ?? "";
  return `${handed.id ?? "a worker"}, ${formatSpan(now.getTime() - handed.since.getTime())} ago`;
}

const reasons = { historyNotReadable: "history not readable", activity: "only by its worker", tokenNotInPayload: "no token in payload" };

function since({ waitingSince }: SweptTask): string {
  return waitingSince.toISOString();
}

function iso(instant: Date | null | undefined): string {
  return instant?.toISOString() ?? "";
}

export function deadline(timeoutAt: Date | null, now: Date): Text {
  if (timeoutAt === null) return dim("none");
  const leftMilliseconds = timeoutAt.getTime() - now.getTime();
  const text = leftMilliseconds < 0 ? "past" : `in ${formatSpan(leftMilliseconds)}`;
  return leftMilliseconds < urgentMilliseconds ? yellow(text) : text;
}
