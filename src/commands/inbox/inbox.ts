import type { Key, Screen } from "../../context/screen.ts";
import type { Connection, Context } from "../../context.ts";
import type { Sweep } from "../../sweep/sweep.ts";
import type { Text } from "../../text.ts";
import { DetailsPane } from "./details-pane.ts";
import { DetailsReader } from "./details-reader.ts";
import { closingText } from "./flows.ts";
import { LiveSweep, type SweepListener } from "./live-sweep.ts";
import { type Session, whereOf } from "./session.ts";
import { type InboxEvent, type InboxState, type Intent, initialState, press, reduce } from "./state.ts";
import { Talks } from "./talks.ts";
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
  #talks: Talks | null = null;
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
    await this.#talks?.settled;
    this.#context.signal.throwIfAborted();
  }

  async #show(): Promise<void> {
    const { terminal, signal } = this.#context;
    using screen = await terminal.openScreen({
      key: (key) => this.#key(key),
      resized: (size) => this.#happened({ kind: "resized", size }),
    });
    this.#screen = screen;
    this.#talks = new Talks(this.#session, screen, {
      happened: (event) => this.#happened(event),
      ended: (key, how) => this.#ended(key, how),
      wake: () => this.#live.wake(),
    });
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
    if (state.dialog !== null) this.#talks?.conversation?.changed(state.dialog);
    if (answer !== undefined) this.#talks?.conversation?.answered(answer);
    if (state.mode !== before.mode) this.#details.show();
    this.#details.follow();
    if (intent !== undefined) this.#act(intent);
    this.#draw();
  }

  #act(intent: Intent): void {
    const row = selectedRow(this.#state.list);
    const marked = markedRows(this.#state.list);
    switch (intent) {
      case "quit":
        return this.#quit.abort();
      case "refresh":
        return this.#live.wake();
      case "copy":
        return row === null ? this.#talks?.notice("nothing is chosen") : this.#copy(row);
      case "open":
        return row === null ? this.#talks?.notice("nothing is chosen") : void this.#talks?.openPage(row);
      default:
        return this.#talks?.begin(intent, marked.length > 0 || row === null ? marked : [row]);
    }
  }

  #copy({ swept }: Row): void {
    this.#screen?.copy(swept.id);
    this.#talks?.notice(`copied ${swept.id}, where the terminal allows it (OSC 52)`);
  }
}
