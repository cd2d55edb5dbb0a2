import { consoleLink } from "../../callback/console-links.ts";
import type { Screen } from "../../context/screen.ts";
import { CliError } from "../../errors.ts";
import { type Text, yellow } from "../../text.ts";
import { openPage } from "./browser.ts";
import { Conversation, declined } from "./conversation.ts";
import { type Deed, type Done, doToTask } from "./flows.ts";
import { doToMany } from "./flows-of-many.ts";
import type { Session } from "./session.ts";
import type { InboxEvent, InboxState } from "./state.ts";
import type { Row } from "./task-list.ts";

/** What comes of a talk in the inbox around it. */
interface Around {
  happened(event: InboxEvent): void;
  /** A task ended in it, and so. */
  ended(key: string, how: Text): void;
  /** What waits is to be looked for anew. */
  wake(): void;
}

/** The talks with the person over their tasks, in dialogs, one at a time. */
export class Talks {
  readonly #session: Session;
  readonly #screen: Screen;
  readonly #around: Around;
  #conversation: Conversation | null = null;
  #talk: Promise<void> = Promise.resolve();

  constructor(session: Session, screen: Screen, around: Around) {
    this.#session = session;
    this.#screen = screen;
    this.#around = around;
  }

  /** The one that is open. */
  get conversation(): Conversation | null {
    return this.#conversation;
  }

  /** Resolves once the last one has come to its end. */
  get settled(): Promise<void> {
    return this.#talk;
  }

  /** Does something to one task or to many, asking what has to be asked. */
  begin(deed: Deed, rows: readonly Row[]): void {
    const [first] = rows;
    if (first === undefined) return this.notice("nothing is chosen");
    const { stateMachineName, executionName, task } = first.swept;
    const title = rows.length === 1 ? `${stateMachineName}/${executionName}  ${task?.state ?? ""}` : `${rows.length} tasks`;
    this.#talk = this.#converse(title, async (conversation) => {
      const session = { ...this.#session, context: conversation.context };
      const done = await (rows.length === 1 ? doToTask(session, first, deed) : doToMany(session, rows, deed));
      await this.#take(conversation, done, rows.length > 1);
    });
  }

  /** Opens an execution's page in the console; where there is no browser, shows its address. */
  async openPage({ swept }: Row): Promise<void> {
    const { context, connection } = this.#session;
    if (connection.place.kind !== "aws") return this.notice(yellow("only executions on AWS have a page in its console"));
    const url = consoleLink(swept.executionArn);
    if (url === null) return this.notice(yellow("this execution has no page in the console"));
    if (await openPage(context, url).catch(() => false)) return this.notice(`opened ${url}`);
    this.#screen.copy(url);
    await this.#converse(`${swept.stateMachineName}/${swept.executionName}`, async (conversation) => {
      await conversation.read(`There is no browser here. The page, which was copied too where the terminal allows it: ${url}`);
    });
  }

  /** Says something in the line for it. */
  notice(text: Text): void {
    this.#around.happened({ kind: "noticed", text });
  }

  async #take(conversation: Conversation, { ended, told, isGrave }: Done, areMany: boolean): Promise<void> {
    const { terminal, signal } = this.#session.context;
    for (const [key, how] of ended) this.#around.ended(key, how);
    if (areMany && ended.size > 0) this.#around.happened({ kind: "unmarked" });
    if (ended.size > 0) this.#around.wake();
    if (told !== null && signal.aborted) return terminal.note(told);
    if (told !== null && isGrave) await conversation.read(told);
    this.notice(told ?? "nothing was sent");
  }

  /** Opens a dialog for as long as `talk` goes on; what it throws is told in it. */
  async #converse(title: Text, talk: (conversation: Conversation) => Promise<void>): Promise<void> {
    if (this.#conversation !== null) return;
    const { context } = this.#session;
    const show = (dialog: InboxState["dialog"]) => this.#around.happened({ kind: "dialog", dialog });
    const conversation = new Conversation(context, this.#screen, title, show);
    this.#conversation = conversation;
    try {
      await talk(conversation);
    } catch (error) {
      // The signal ends the inbox itself.
      if (!context.signal.aborted) await this.#tellFailure(conversation, error);
    } finally {
      this.#conversation = null;
      show(null);
    }
  }

  async #tellFailure(conversation: Conversation, error: unknown): Promise<void> {
    if (error instanceof CliError && error.code === declined) return this.notice("nothing was sent");
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof CliError && error.hint !== undefined ? [`  ${error.hint}`] : [];
    await conversation.read([yellow(message), ...hint]).catch(() => {});
  }
}
