import type { AppendedFile } from "../../context.ts";
import { usageError } from "../../errors.ts";

/** What a bulk does to each of its tasks. Two bulks of the same request are the same bulk. */
export interface BulkRequest {
  readonly command: "succeed" | "fail" | "stop";
  /** What is sent, and which tasks were asked for. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** A task of a bulk, or for `stop` an execution. */
export interface PlannedTask {
  readonly executionArn: string;
  /** Null where a whole execution is stopped. */
  readonly eventId: number | null;
  /** For whose sake a whole execution is stopped: the tasks that were found waiting in it, or were named. */
  readonly waitingEventIds?: readonly number[];
  readonly id: string | null;
  readonly stateMachineName: string;
  /** Null where it was not looked at. */
  readonly state: string | null;
  /** ISO 8601, or null where it was not looked at. */
  readonly waitingSince: string | null;
  /** Its own output (JSON text), in place of that of the whole bulk. */
  readonly output?: string;
}

/** What became of a task, in the form it is printed in. */
export type RecordedResult = Readonly<Record<string, unknown>> & { readonly outcome: string };

/** A result as it is kept, with what a table of failures says of it; null where it is done. */
export interface KeptResult {
  readonly result: RecordedResult;
  readonly why: string | null;
}

/** What a journal holds of a bulk that was begun. */
export interface Begun {
  readonly request: BulkRequest;
  readonly tasks: readonly PlannedTask[];
  /** Tasks whose answer may have gone out, by `keyOf`. */
  readonly sent: ReadonlySet<string>;
  readonly results: ReadonlyMap<string, KeptResult>;
}

type JournalRecord =
  | { readonly plan: BulkRequest & { readonly count: number; readonly at: string; readonly reason: string | null } }
  | { readonly task: PlannedTask }
  | { readonly planned: number }
  | { readonly sending: string }
  | { readonly result: RecordedResult; readonly of: string; readonly why?: string };

const firstWords = '{"plan":';

/** What names a task of a bulk: its address, or its execution. */
export function keyOf({ executionArn, eventId }: Pick<PlannedTask, "executionArn" | "eventId">): string {
  return eventId === null ? executionArn : `${executionArn}#${eventId}`;
}

/**
 * What a journal's text tells, or null where no plan in it is whole: then nothing was sent. Lines that are torn are passed over, wherever they
 * are: a result that is lost thereby is settled from the task's history. A text that is something else is a usage error.
 */
export function readJournal(text: string, file: string): Begun | null {
  let request: BulkRequest | null = null;
  let isWhole = false;
  const tasks: PlannedTask[] = [];
  const sent = new Set<string>();
  const results = new Map<string, KeptResult>();
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const first = (lines[0] ?? "").slice(0, firstWords.length);
  if (!firstWords.startsWith(first)) throw usageError(`${file} is no journal of sfn-callback`, "name another file with --journal");
  for (const line of lines) {
    const record = recordIn(line);
    if (record === null) continue;
    if ("plan" in record) {
      request = { command: record.plan.command, given: record.plan.given };
      tasks.length = 0;
      isWhole = false;
    } else if ("task" in record) tasks.push(record.task);
    else if ("planned" in record) isWhole = record.planned === tasks.length;
    else if ("sending" in record) sent.add(record.sending);
    else if ("result" in record) results.set(record.of, { result: record.result, why: record.why ?? null });
  }
  return request === null || !isWhole ? null : { request, tasks, sent, results };
}

function recordIn(line: string): JournalRecord | null {
  try {
    const value: unknown = JSON.parse(line);
    // The wire: our own file. A line that is JSON but none of ours has none of the members that are looked for.
    return typeof value === "object" && value !== null ? (value as JournalRecord) : null;
  } catch {
    return null;
  }
}

/** Writes a journal. What is written at the same time goes to the disk together. */
export class Journal {
  readonly #file: AppendedFile;
  #lines: string[] = [];
  #next: Promise<void> | null = null;
  #last: Promise<void> = Promise.resolve();

  /** `isTorn`: the file's last line has no end, and is given one. */
  constructor(file: AppendedFile, isTorn: boolean) {
    this.#file = file;
    if (isTorn) this.#lines.push("\n");
  }

  async begin(request: BulkRequest, about: { at: Date; reason: string | null }, tasks: readonly PlannedTask[]): Promise<void> {
    const records: JournalRecord[] = [
      { plan: { ...request, count: tasks.length, at: about.at.toISOString(), reason: about.reason } },
      ...tasks.map((task) => ({ task })),
      { planned: tasks.length },
    ];
    await this.#write(records);
  }

  sending(task: PlannedTask): Promise<void> {
    return this.#write([{ sending: keyOf(task) }]);
  }

  result(task: PlannedTask, { result, why }: KeptResult): Promise<void> {
    return this.#write([{ of: keyOf(task), result, ...(why === null ? {} : { why }) }]);
  }

  #write(records: readonly JournalRecord[]): Promise<void> {
    this.#lines.push(...records.map((record) => `${JSON.stringify(record)}\n`));
    if (this.#next !== null) return this.#next;
    const next = this.#last.then(() => {
      this.#next = null;
      return this.#file.append(this.#lines.splice(0).join(""));
    });
    this.#next = next;
    this.#last = next.catch(() => {});
    return next;
  }
}
