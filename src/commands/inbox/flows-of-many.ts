import type { AnswerChoice } from "../../answering/answer-choices.ts";
import { findTask } from "../../answering/look-up.ts";
import { checkCause, checkError, checkOutput } from "../../callback/answer.ts";
import type { Answer } from "../../callback/outcome.ts";
import type { Text } from "../../text.ts";
import { type BulkAct, bulk } from "../bulk.ts";
import type { BulkChoice } from "../bulk-options.ts";
import { askForReason, type Deed, type Done, doToTask, nothingDone } from "./flows.ts";
import { readTask, type Session, sendingWith } from "./session.ts";
import type { Row } from "./task-list.ts";

/**
 * Does the same to several tasks, by the path of `succeed --from`: they go into it as lines with their addresses, its plan is shown, and it asks. So each is
 * answered by its address and event id, and what it cannot answer it tells one by one.
 */
export async function doToMany(session: Session, rows: readonly Row[], deed: Deed): Promise<Done> {
  const { context } = session;
  if (deed === "heartbeat") return beatMany(session, rows);
  const act = await composed(session, rows, deed);
  if (act === null) return nothingDone;
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
  const files = { ...context.files, readStdin: async () => rows.map(lineOf).join("\n") };
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
function lineOf({ key, swept }: Row): string {
  const { stateMachineName, task, waitingSince } = swept;
  return JSON.stringify({ address: key, stateMachineName, state: task?.state ?? null, waitingSince: waitingSince.toISOString() });
}

/** What is to be sent to all. The machine's own words are offered where all wait in the same state of the same machine. */
async function composed(session: Session, rows: readonly Row[], deed: Deed): Promise<BulkAct | null> {
  const { prompts } = session.context;
  if (deed === "stop") {
    const cause = (await prompts.input("Cause (may stay empty)", { check: checkCause })).trim();
    return { command: "stop", reason: cause === "" ? {} : { cause } };
  }
  const way = deed === "answer" ? await wayFor(session, rows) : deed;
  if (way === null) return null;
  if (typeof way === "object") return { command: way.kind === "failure" ? "fail" : "succeed", answer: way };
  if (way === "succeed") {
    const output = await prompts.input("Output (JSON), for all of them", { check: checkOutput });
    return { command: "succeed", answer: { kind: "success", output } };
  }
  const error = (await prompts.input("Error (its name, as a Catch or Retry names it)", { check: checkError })).trim();
  const cause = (await prompts.input("Cause (may stay empty)", { check: checkCause })).trim();
  return { command: "fail", answer: { kind: "failure", ...(error === "" ? {} : { error }), ...(cause === "" ? {} : { cause }) } };
}

async function wayFor(session: Session, rows: readonly Row[]): Promise<Answer | "succeed" | "fail" | null> {
  const { terminal, prompts } = session.context;
  const choices = areAlike(rows) ? await wordsOf(session, rows[0]) : [];
  if (choices.length === 0) terminal.note("They wait in several states, or in one with no words of its own.");
  const ways = [
    ...choices.map(({ word, label }) => ({ value: `word:${word}`, name: label })),
    { value: "succeed", name: "an output of your own" },
    { value: "fail", name: "an error and a cause" },
    { value: "nothing", name: "nothing now" },
  ];
  const way = await prompts.select(`Answer all ${rows.length} with`, ways);
  if (way === "nothing") return null;
  if (way === "succeed" || way === "fail") return way;
  return choices.find(({ word }) => `word:${word}` === way)?.answer ?? null;
}

/** A word that wants a form filled in, or takes something from the task, has an answer of its own for each. */
async function wordsOf(session: Session, row: Row | undefined): Promise<readonly AnswerChoice[]> {
  if (row?.swept.task == null) return [];
  const found = await findTask(session.connection.stepFunctions, row.swept.executionArn, row.swept.task.eventId);
  const { choices } = await readTask(session, found);
  return choices.filter(({ answer, outcome }) => answer !== null && outcome === null);
}

function areAlike(rows: readonly Row[]): boolean {
  const kinds = new Set(rows.map(({ swept }) => JSON.stringify([swept.stateMachineArn, swept.task?.state ?? null])));
  return kinds.size === 1;
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
