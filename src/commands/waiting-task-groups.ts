import type { Column } from "../context.ts";
import type { SweptTask } from "../sweep/sweep.ts";
import { bold } from "../text.ts";
import { formatSpan } from "./durations.ts";
import { deadline } from "./waiting-task-columns.ts";
import { unanswerableReason } from "./waiting-task-json.ts";

/** The waiting tasks of one machine and state. */
export interface TaskGroup {
  readonly stateMachineName: string;
  readonly state: string | null;
  readonly count: number;
  readonly answerable: number;
  readonly oldest: Date;
  readonly nextTimeoutAt: Date | null;
}

/** One group a machine and state, the largest first. */
export function groupsByState(tasks: readonly SweptTask[]): readonly TaskGroup[] {
  const groups = new Map<string, SweptTask[]>();
  for (const swept of tasks) {
    const key = JSON.stringify([swept.stateMachineArn, swept.task?.state ?? null]);
    groups.set(key, [...(groups.get(key) ?? []), swept]);
  }
  return [...groups.values()].flatMap((group) => groupOf(group)).sort((one, other) => other.count - one.count);
}

function groupOf(tasks: readonly SweptTask[]): TaskGroup[] {
  const [first] = tasks;
  if (first === undefined) return [];
  const timeouts = tasks.flatMap(({ task }) => task?.timeoutAt?.getTime() ?? []);
  return [
    {
      stateMachineName: first.stateMachineName,
      state: first.task?.state ?? null,
      count: tasks.length,
      answerable: tasks.filter((swept) => unanswerableReason(swept) === null).length,
      oldest: new Date(tasks.reduce((least, { waitingSince }) => Math.min(least, waitingSince.getTime()), Number.POSITIVE_INFINITY)),
      nextTimeoutAt: timeouts.length === 0 ? null : new Date(timeouts.reduce((least, each) => Math.min(least, each))),
    },
  ];
}

export function groupColumns(now: Date): readonly Column<TaskGroup>[] {
  return [
    { header: "MACHINE", cell: ({ stateMachineName }) => bold(stateMachineName), plain: ({ stateMachineName }) => stateMachineName },
    { header: "STATE", cell: ({ state }) => state ?? "not readable" },
    { header: "WAITING", cell: ({ count }) => String(count), align: "right" },
    { header: "ANSWERABLE", cell: ({ answerable }) => String(answerable), align: "right" },
    { header: "OLDEST", cell: ({ oldest }) => formatSpan(now.getTime() - oldest.getTime()), plain: ({ oldest }) => oldest.toISOString() },
    {
      header: "NEXT DEADLINE",
      cell: ({ nextTimeoutAt }) => deadline(nextTimeoutAt, now),
      plain: ({ nextTimeoutAt }) => nextTimeoutAt?.toISOString() ?? "",
    },
  ];
}

export function groupJson({ oldest, nextTimeoutAt, ...group }: TaskGroup) {
  return { ...group, oldest: oldest.toISOString(), nextTimeoutAt: nextTimeoutAt?.toISOString() ?? null };
}
