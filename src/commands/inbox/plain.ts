import { pacerFor } from "../../answering/pacing.ts";
import { CliError } from "../../errors.ts";
import { sweep } from "../../sweep/sweep.ts";
import type { SweptTask } from "../../sweep/swept-task.ts";
import { bold, type Text, yellow } from "../../text.ts";
import { formatSpan } from "../durations.ts";
import { warnOfNotSeen } from "../pending/not-seen-text.ts";
import { declined } from "./conversation.ts";
import { DetailsReader } from "./details-reader.ts";
import { type Deed, doToTask } from "./flows.ts";
import { doToMany } from "./flows-of-many.ts";
import type { Session } from "./session.ts";
import { emptyList, type Row, type TaskList, withFilter, withFound } from "./task-list.ts";

const everyRow = Number.MAX_SAFE_INTEGER;
/** So many tasks are told at once; words narrow them down. */
const mostListed = 50;

/** The inbox as a conversation of lines: it tells what waits, numbered, asks which, tells that task, and asks what to do. Ends with the person. */
export class PlainInbox {
  readonly #session: Session;
  readonly #details: DetailsReader;
  #list: TaskList = emptyList;

  constructor(session: Session) {
    const { context } = session;
    // A line that is drawn over and over is read over and over.
    const terminal = { ...context.terminal, progress: () => ({ update: () => {}, stop: () => {} }) };
    const spoken = { ...terminal, result: async (_json: unknown, lines: () => readonly Text[]) => lines().forEach(terminal.note) };
    this.#session = { ...session, context: { ...context, terminal: spoken, prompts: context.linePrompts } };
    this.#details = new DetailsReader(this.#session);
  }

  async run(): Promise<void> {
    await this.#look();
    for (;;) {
      this.#tell();
      const asked = await this.#session.context.prompts.input(
        "A number, or several (1,3 or 2-5); words to show only what has them; r to look again; q to quit",
      );
      const word = asked.trim();
      if (word === "q" || word === "quit") return;
      if (word === "r" || word === "") await this.#lookAgain();
      else await this.#take(word);
    }
  }

  async #take(word: string): Promise<void> {
    const places = numbersIn(word);
    if (places === null) {
      this.#list = withFilter(this.#list, word, everyRow);
      return;
    }
    const rows = places.flatMap((place) => this.#list.shown[place - 1] ?? []);
    if (rows.length < places.length) return this.#session.context.terminal.note(`there are ${this.#list.shown.length}`);
    await this.#act(rows).catch((error: unknown) => this.#tellFailure(error));
    await this.#lookAgain();
  }

  /** Later on a network or credentials may come back: what was found before stays. */
  #lookAgain(): Promise<void> {
    return this.#look().catch((error: unknown) => this.#tellFailure(error));
  }

  async #look(): Promise<void> {
    const { terminal, clock, signal, taskIndex } = this.#session.context;
    terminal.note("looking for waiting tasks");
    const { stepFunctions, place } = this.#session.connection;
    const tasks: SweptTask[] = [];
    const onTask = async (task: SweptTask) => void tasks.push(task);
    const found = await sweep(stepFunctions, pacerFor(place, clock), { signal, readsCallers: true, onTask });
    signal.throwIfAborted();
    await taskIndex.remember(tasks.map(({ id, executionArn, task }) => ({ id, executionArn, eventId: task?.eventId ?? 0, place })));
    this.#list = withFound({ ...emptyList, filter: this.#list.filter }, tasks.map(found.withAncestors), everyRow);
    warnOfNotSeen(terminal, found.notSeen);
  }

  #tell(): void {
    const { terminal } = this.#session.context;
    const { shown, rows, filter } = this.#list;
    const account = [...rows.values()][0]?.swept.executionArn.split(":")[4];
    terminal.note(`${rows.size} waiting in ${this.#where(account)}${filter === "" ? "" : `; ${shown.length} of them with ${filter}`}`);
    const now = this.#session.connection.stepFunctions.now();
    for (const [at, row] of shown.slice(0, mostListed).entries()) terminal.note([bold(String(at + 1)), " ", rowText(row, now)]);
    if (shown.length > mostListed) terminal.note(`and ${shown.length - mostListed} more`);
  }

  #where(account: string | undefined): string {
    const { place } = this.#session.connection;
    const through = place.kind === "local" ? place.file : place.kind === "endpoint" ? place.endpointUrl : (place.profile ?? "AWS");
    return `${account === undefined ? "" : `account ${account}, `}${place.region}, ${through}`;
  }

  async #act(rows: readonly Row[]): Promise<void> {
    const { terminal, prompts } = this.#session.context;
    const [first] = rows;
    if (first === undefined) return;
    if (rows.length === 1) for (const line of await this.#details.read(first, { width: 100, isBrief: false })) terminal.note(line);
    if (this.#session.settings.isReadOnly) return terminal.note(yellow("SFN_CALLBACK_READ_ONLY is set: nothing can be answered here"));
    const what = rows.length === 1 ? first.swept.executionName : `the ${rows.length} tasks`;
    const deed = await prompts.select<Deed | "nothing">(`What to do with ${what}`, [
      { value: "answer", name: "answer, in the machine's own words" },
      { value: "succeed", name: "answer with an output" },
      { value: "fail", name: "answer with an error and a cause" },
      { value: "heartbeat", name: "send a heartbeat" },
      { value: "stop", name: "stop the execution" },
      { value: "nothing", name: "nothing now" },
    ]);
    if (deed === "nothing") return;
    const { told } = await (rows.length === 1 ? doToTask(this.#session, first, deed) : doToMany(this.#session, rows, deed));
    terminal.note(told ?? "nothing was sent");
  }

  #tellFailure(error: unknown): void {
    if (!(error instanceof CliError) || error.kind === "interrupted" || error.kind === "terminated") throw error;
    if (error.code === declined) return this.#session.context.terminal.note("nothing was sent");
    this.#session.context.terminal.warn(error.hint === undefined ? error.message : `${error.message}; ${error.hint}`);
  }
}

function rowText({ swept }: Row, now: Date): Text {
  const { id, stateMachineName, executionName, task, waitingSince } = swept;
  const timeoutAt = task?.timeoutAt ?? null;
  const deadline = timeoutAt === null ? "no deadline" : `deadline in ${formatSpan(timeoutAt.getTime() - now.getTime())}`;
  const age = formatSpan(now.getTime() - waitingSince.getTime());
  return `${id}, ${stateMachineName}, ${task?.state ?? "not readable"}, ${executionName}, waits ${age}, ${deadline}`;
}

/** `1,3` and `2-5` as numbers, each once; null where it is something else. */
function numbersIn(word: string): readonly number[] | null {
  if (!/^\d{1,6}(-\d{1,6})?([,\s]+\d{1,6}(-\d{1,6})?)*$/.test(word)) return null;
  const numbers = word.split(/[,\s]+/).flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: Math.min(10_000, Math.max(0, to - from + 1)) }, (_, at) => from + at);
  });
  return [...new Set(numbers)];
}
