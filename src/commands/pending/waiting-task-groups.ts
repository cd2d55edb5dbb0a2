import type { Column } from "../../context.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";
import { bold } from "../../text.ts";
import { formatSpan } from "../durations.ts";
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

/** Counts tasks by machine and state as they are found. */
export class TaskGroups {
  readonly #groups = new Map<string, TaskGroup>();

  add(swept: SweptTask): void {
    const state = swept.task?.state ?? null;
    const key = JSON.stringify([swept.stateMachineArn, state]);
    const before = this.#groups.get(key);
    this.#groups.set(key, {
      stateMachineName: swept.stateMachineName,
      state,
      count: (before?.count ?? 0) + 1,
      answerable: (before?.answerable ?? 0) + (unanswerableReason(swept) === null ? 1 : 0),
      oldest: earlier(before?.oldest ?? null, swept.waitingSince) ?? swept.waitingSince,
      nextTimeoutAt: earlier(before?.nextTimeoutAt ?? null, swept.task?.timeoutAt ?? null),
    });
  }

  largestFirst(): readonly TaskGroup[] {
    return [...this.#groups.values()].sort((one, other) => other.count - one.count);
  }
}

function earlier(one: Date | null, other: Date | null): Date | null {
  return one === null || (other !== null && other < one) ? other : one;
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
