import type { Column } from "../../context.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";
import { bold } from "../../text.ts";
import { formatSpan } from "../durations.ts";
import { deadline } from "./waiting-task-columns.ts";
import { unanswerableReason } from "./waiting-task-json.ts";

/** The waiting tasks of one machine and state. */
export interface TaskGroup {
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly state: string | null;
  readonly count: number;
  readonly answerable: number;
  readonly oldest: Date;
  readonly nextTimeoutAt: Date | null;
}

/** Counts tasks by machine and state as they are found. */
export class TaskGroups {
  readonly #groups = new Map<string, TaskGroup>();

  add(swept: SweptTask): void {
    const state = swept.task?.state ?? null;
    const key = JSON.stringify([swept.stateMachineArn, state]);
    const before = this.#groups.get(key);
    this.#groups.set(key, {
      stateMachineArn: swept.stateMachineArn,
      stateMachineName: swept.stateMachineName,
      state,
      count: (before?.count ?? 0) + 1,
      answerable: (before?.answerable ?? 0) + (unanswerableReason(swept) === null ? 1 : 0),
      oldest: earlier(before?.oldest ?? null, swept.waitingSince) ?? swept.waitingSince,
      nextTimeoutAt: earlier(before?.nextTimeoutAt ?? null, swept.task?.timeoutAt ?? null),
    });
  }

  /** Equals by machine and state, whichever was found first. */
  largestFirst(): readonly TaskGroup[] {
    const sorted = [...this.#groups].sort(([key, one], [otherKey, other]) => other.count - one.count || (key < otherKey ? -1 : 1));
    return sorted.map(([, group]) => group);
  }
}

function earlier(one: Date | null, other: Date | null): Date | null {
  return one === null || (other !== null && other < one) ? other : one;
}

/** With the Region where there are several. */
export function groupColumns(now: Date, hasRegion: boolean): readonly Column<TaskGroup>[] {
  const region: Column<TaskGroup> = { header: "REGION", cell: ({ stateMachineArn }) => stateMachineArn.split(":")[3] ?? "" };
  return [
    ...(hasRegion ? [region] : []),
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
