import type { Text } from "../../text.ts";
import { type BulkAct, bulk } from "../bulk/bulk.ts";
import type { BulkChoice } from "../bulk/options.ts";
import { composeForMany } from "./compose-for-many.ts";
import { askForReason, type Deed, type Done, doToTask, nothingDone } from "./flows.ts";
import { type Session, sendingWith } from "./session.ts";
import type { Row } from "./task-list.ts";

/**
 * Does the same to several tasks, by the path of `succeed --from`: they go into it as lines with their addresses, its plan is shown, and it asks. So each is
 * answered by its address and event id, and what it cannot answer it tells one by one.
 */
export async function doToMany(session: Session, rows: readonly Row[], deed: Deed): Promise<Done> {
  const { context } = session;
  if (deed === "heartbeat") return beatMany(session, rows);
  const composed = await composeForMany(session, rows, deed);
  if (composed === null) return nothingDone;
  const { act, outputs } = composed;
  const sending = await sendingWith(session, act.command === "stop" ? "" : await askForReason(context));
  const outcomes = new Map<string, string>();
  let told: Text = "";
  const terminal = {
    ...context.terminal,
    result: async (json: unknown, lines: () => readonly Text[]) => {
      for (const { key, outcome } of outcomesIn(json, rows)) outcomes.set(key, outcome);
      const all = lines();
      for (const line of all.slice(0, -1)) context.terminal.note(line);
      told = all.at(-1) ?? "";
    },
  };
  const files = { ...context.files, readStdin: async () => rows.map((row) => lineOf(row, outputs.get(row.key))).join("\n") };
  const code = await bulk({ ...context, terminal, files }, choiceOf(rows.length), act, sending);
  const ended = [...outcomes].flatMap(([key, outcome]): [string, Text][] =>
    outcome === "unknown" || outcome === "accepted" ? [] : [[key, outcome === "applied" ? yours(act) : outcome]],
  );
  return { ended: new Map(ended), told, isGrave: code !== 0 };
}

function yours({ command }: BulkAct): string {
  return { succeed: "you: success", fail: "you: failure", stop: "stopped" }[command];
}

function choiceOf(count: number): BulkChoice {
  const all = { stateMachine: undefined, state: undefined, olderMilliseconds: undefined, across: false };
  return { ...all, from: "-", yes: false, expect: count, maxFailures: null, perSecond: null, journal: undefined };
}

/** As `pending --jsonl` writes it, as much of it as a bulk reads. */
function lineOf({ key, swept }: Row, output: string | undefined): string {
  const { stateMachineName, task, waitingSince } = swept;
  const line = JSON.stringify({ address: key, stateMachineName, state: task?.state ?? null, waitingSince: waitingSince.toISOString() });
  // To the letter: parsing it and writing it anew would lose digits of long numbers.
  return output === undefined ? line : `${line.slice(0, -1)},"output":${output.replaceAll("\n", " ")}}`;
}

function outcomesIn(json: unknown, rows: readonly Row[]): { key: string; outcome: string }[] {
  const results = typeof json === "object" && json !== null && "results" in json && Array.isArray(json.results) ? json.results : [];
  return results.flatMap((result: unknown) => {
    if (typeof result !== "object" || result === null || !("outcome" in result) || typeof result.outcome !== "string") return [];
    const { outcome } = result;
    const [taskId, executionArn] = ["taskId" in result ? result.taskId : null, "executionArn" in result ? result.executionArn : null];
    return rows
      .filter(({ swept }) => (taskId === null ? swept.executionArn === executionArn : swept.id === taskId))
      .map(({ key }) => ({ key, outcome }));
  });
}

async function beatMany(session: Session, rows: readonly Row[]): Promise<Done> {
  const { context } = session;
  const progress = context.terminal.progress(`0 of ${rows.length}`);
  const ended = new Map<string, Text>();
  let graver = 0;
  try {
    for (const [at, row] of rows.entries()) {
      const done = await doToTask(session, row, "heartbeat");
      for (const [key, how] of done.ended) ended.set(key, how);
      if (done.isGrave) {
        graver += 1;
        if (done.told !== null) context.terminal.note(done.told);
      }
      progress.update(`${at + 1} of ${rows.length}`);
    }
  } finally {
    progress.stop();
  }
  return { ended, told: `${rows.length - graver} of ${rows.length} got their heartbeat`, isGrave: graver > 0 };
}
