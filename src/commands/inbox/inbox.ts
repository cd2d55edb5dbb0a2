import { consoleLink } from "../../callback/console-links.ts";
import type { Key, Screen } from "../../context/screen.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import type { Sweep } from "../../sweep/sweep.ts";
import { type Text, yellow } from "../../text.ts";
import { openPage } from "./browser.ts";
import { Conversation, declined } from "./conversation.ts";
import { DetailsPane } from "./details-pane.ts";
import { DetailsReader } from "./details-reader.ts";
import { closingText, type Deed, type Done, doToTask } from "./flows.ts";
import { doToMany } from "./flows-of-many.ts";
import { LiveSweep, type SweepListener } from "./live-sweep.ts";
import { type Session, whereOf } from "./session.ts";
import { type InboxEvent, type InboxState, type Intent, initialState, press, reduce } from "./state.ts";
import { markedRows, type Row, selectedRow } from "./task-list.ts";
import { view } from "./view.ts";

// One bundle holds both.
export { PlainInbox } from "./plain.ts";
export { openSession } from "./session.ts";

/** Things that happen close together are drawn together. */
const drawMilliseconds = 30;
/** How often it is looked whether the task that the person is at still waits. */
const recheckMilliseconds = 5000;
/** Of many tasks that end at once, so many are asked how they ended. */
const mostEndings = 50;

/** The inbox on a screen: connects what happens (keys, the sweep, the clock) with what is shown. Opened by `run`, which ends with the person. */
export class Inbox {
  readonly #session: Session;
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #reader: DetailsReader;
  readonly #details: DetailsPane;
  readonly #live: LiveSweep;
  readonly #quit = new AbortController();
  #state: InboxState;
  #screen: Screen | null = null;
  #conversation: Conversation | null = null;
  #talk: Promise<void> = Promise.resolve();
  #isDrawPlanned = false;
  #checkedAt = 0;

  constructor(session: Session) {
    const { context, connection } = session;
    this.#session = session;
    this.#context = context;
    this.#connection = connection;
    this.#reader = new DetailsReader(session);
    this.#details = new DetailsPane(this.#reader, context.clock, {
      state: () => this.#state,
      read: (details) => this.#happened({ kind: "details", details }),
    });
    const signal = AbortSignal.any([context.signal, this.#quit.signal]);
    this.#live = new LiveSweep({ connection, clock: context.clock, taskIndex: context.taskIndex, signal }, this.#listener());
    this.#state = initialState(
      whereOf(connection.place),
      session.settings.isReadOnly,
      { columns: context.terminal.columns, rows: context.terminal.rows },
      connection.stepFunctions.now(),
    );
  }

  /** Resolves when the person quits. Throws the signal's reason where it was interrupted, and what no screen could go on with. */
  async run(): Promise<void> {
    await this.#show();
    // What was being sent is told, if it comes to its end in time.
    await this.#talk;
    this.#context.signal.throwIfAborted();
  }

  async #show(): Promise<void> {
    const { terminal, signal } = this.#context;
    using screen = await terminal.openScreen({
      key: (key) => this.#key(key),
      resized: (size) => this.#happened({ kind: "resized", size }),
    });
    this.#screen = screen;
    this.#happened({ kind: "resized", size: screen.size });
    const ended = new Promise<void>((done) => {
      for (const end of [signal, this.#quit.signal]) end.addEventListener("abort", () => done(), { once: true });
    });
    try {
      if (!signal.aborted) await Promise.race([ended, this.#live.run(), this.#tick()]);
    } finally {
      this.#quit.abort();
    }
  }

  #listener(): SweepListener {
    return {
      began: () => this.#happened({ kind: "looking", looking: { isRunning: true } }),
      found: (tasks) => {
        const account = tasks[0]?.executionArn.split(":")[4];
        if (this.#state.where.account === null && account !== undefined) this.#happened({ kind: "account", account });
        this.#happened({ kind: "found", tasks });
        this.#details.follow();
      },
      progressed: ({ tasks, executionsRead, machinesLeft }) =>
        this.#happened({
          kind: "looking",
          looking: { progress: `looking: ${tasks} waiting, ${executionsRead} executions read, ${machinesLeft} machines left` },
        }),
      looked: (seen, found) => this.#looked(seen, found),
      failed: (message) => this.#happened({ kind: "looking", looking: { isRunning: false, failure: message } }),
    };
  }

  async #looked(seen: ReadonlySet<string>, { notSeen }: Sweep): Promise<void> {
    const told = notSeen.map(({ arn, operation, reason }) => `${operation} ${arn.split(":").slice(-1)[0] ?? arn}: ${reason}`);
    this.#happened({ kind: "looking", looking: { isRunning: false, isFirst: false, failure: null, notSeen: told } });
    if (this.#state.where.account === null) await this.#learnAccount();
    const gone = [...this.#state.list.rows.values()].filter(({ key, ended }) => ended === null && !seen.has(key));
    // A task is shown as ended only where its own history says so.
    for (const row of gone.slice(0, mostEndings)) await this.#recheck(row);
  }

  /** Where nothing waits, a machine's ARN tells the account. */
  async #learnAccount(): Promise<void> {
    for await (const { arn } of this.#connection.stepFunctions.stateMachines()) {
      const account = arn.split(":")[4];
      if (account !== undefined) this.#happened({ kind: "account", account });
      return;
    }
  }

  async #recheck(row: Row): Promise<void> {
    const closing = await this.#reader.ending(row);
    if (closing === null || this.#state.list.rows.get(row.key)?.ended !== null) return;
    this.#ended(row.key, closingText(closing));
  }

  #ended(key: string, how: Text): void {
    this.#reader.forget(key);
    this.#details.forget(key);
    this.#happened({ kind: "ended", key, ended: { how, at: this.#connection.stepFunctions.now().getTime() } });
    this.#details.follow();
  }

  async #tick(): Promise<void> {
    const { clock, signal } = this.#context;
    while (!signal.aborted && !this.#quit.signal.aborted) {
      await clock.sleep(1000, AbortSignal.any([signal, this.#quit.signal])).catch(() => {});
      this.#happened({ kind: "ticked", now: this.#connection.stepFunctions.now() });
      const row = selectedRow(this.#state.list);
      const now = clock.now().getTime();
      if (row === null || row.ended !== null || now - this.#checkedAt < recheckMilliseconds) continue;
      this.#checkedAt = now;
      await this.#recheck(row);
      this.#details.show();
    }
  }

  #happened(event: InboxEvent): void {
    const before = this.#state;
    this.#state = reduce(before, event);
    if (before.size !== this.#state.size) this.#details.show();
    // What is asked must be on the screen before a key can answer it.
    if (event.kind === "dialog") return this.#draw();
    if (this.#isDrawPlanned) return;
    this.#isDrawPlanned = true;
    void this.#context.clock.sleep(drawMilliseconds).then(() => {
      this.#isDrawPlanned = false;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#screen !== null && !this.#quit.signal.aborted) this.#screen.draw(view(this.#state, this.#screen.layout));
  }

  #key(key: Key): void {
    const before = this.#state;
    const { state, intent, answer } = press(before, key);
    this.#state = state;
    if (state.dialog !== null) this.#conversation?.changed(state.dialog);
    if (answer !== undefined) this.#conversation?.answered(answer);
    if (state.mode !== before.mode) this.#details.show();
    this.#details.follow();
    if (intent !== undefined) this.#act(intent);
    this.#draw();
  }

  #act(intent: Intent): void {
    const row = selectedRow(this.#state.list);
    switch (intent) {
      case "quit":
        return this.#quit.abort();
      case "refresh":
        return this.#live.wake();
      case "copy":
      case "open":
        return row === null ? this.#notice("nothing is chosen") : intent === "copy" ? this.#copy(row) : void this.#open(row);
      default:
        return this.#begin(intent, row);
    }
  }

  #notice(text: Text): void {
    this.#happened({ kind: "noticed", text });
  }

  #copy({ swept }: Row): void {
    this.#screen?.copy(swept.id);
    this.#notice(`copied ${swept.id}, where the terminal allows it (OSC 52)`);
  }

  async #open({ swept }: Row): Promise<void> {
    if (this.#connection.place.kind !== "aws") return this.#notice(yellow("only executions on AWS have a page in its console"));
    const url = consoleLink(swept.executionArn);
    if (url === null) return this.#notice(yellow("this execution has no page in the console"));
    if (await openPage(this.#context, url).catch(() => false)) return this.#notice(`opened ${url}`);
    this.#screen?.copy(url);
    await this.#converse(`${swept.stateMachineName}/${swept.executionName}`, async (conversation) => {
      await conversation.read(`There is no browser here. The page, which was copied too where the terminal allows it: ${url}`);
    });
  }

  #begin(deed: Deed, row: Row | null): void {
    const marked = markedRows(this.#state.list);
    const rows = marked.length > 0 ? marked : row === null ? [] : [row];
    const [first] = rows;
    if (first === undefined) return this.#notice("nothing is chosen");
    const { stateMachineName, executionName, task } = first.swept;
    const title = rows.length === 1 ? `${stateMachineName}/${executionName}  ${task?.state ?? ""}` : `${rows.length} tasks`;
    this.#talk = this.#converse(title, async (conversation) => {
      const session = { ...this.#session, context: conversation.context };
      const done = await (rows.length === 1 ? doToTask(session, first, deed) : doToMany(session, rows, deed));
      await this.#take(conversation, done, rows.length > 1);
    });
  }

  async #take(conversation: Conversation, { ended, told, isGrave }: Done, areMany: boolean): Promise<void> {
    for (const [key, how] of ended) this.#ended(key, how);
    if (areMany && ended.size > 0) this.#happened({ kind: "unmarked" });
    if (ended.size > 0) this.#live.wake();
    if (told !== null && this.#context.signal.aborted) return this.#context.terminal.note(told);
    if (told !== null && isGrave) await conversation.read(told);
    this.#notice(told ?? "nothing was sent");
  }

  /** Opens a dialog for as long as `talk` goes on; what it throws is told in it. */
  async #converse(title: Text, talk: (conversation: Conversation) => Promise<void>): Promise<void> {
    if (this.#conversation !== null || this.#screen === null) return;
    const show = (dialog: InboxState["dialog"]) => this.#happened({ kind: "dialog", dialog });
    const conversation = new Conversation(this.#context, this.#screen, title, show);
    this.#conversation = conversation;
    try {
      await talk(conversation);
    } catch (error) {
      // The signal ends the inbox itself.
      if (!this.#context.signal.aborted) await this.#tellFailure(conversation, error);
    } finally {
      this.#conversation = null;
      this.#happened({ kind: "dialog", dialog: null });
    }
  }

  async #tellFailure(conversation: Conversation, error: unknown): Promise<void> {
    if (error instanceof CliError && error.code === declined) return this.#notice("nothing was sent");
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof CliError && error.hint !== undefined ? [`  ${error.hint}`] : [];
    await conversation.read([yellow(message), ...hint]).catch(() => {});
  }
}
