import { findTask } from "../../answering/look-up.ts";
import type { Closing } from "../../callback/history/waiting-tasks.ts";
import { CliError } from "../../errors.ts";
import { type Text, yellow } from "../../text.ts";
import type { Composing } from "../answer/composing.ts";
import { connectionFlags } from "../connection-flags.ts";
import { briefDetailsLines, detailsLines } from "../show/text.ts";
import { readTask, type Session } from "./session.ts";
import type { Row } from "./task-list.ts";

/** How much of a task can be shown. */
export interface Room {
  readonly width: number;
  /** Only a few lines. */
  readonly isBrief: boolean;
}

/** Tasks that were read are kept, so that going back to one costs no call. */
const mostKept = 100;

/** Reads the tasks that the person looks at, one at a time, and tells them as `show` does. */
export class DetailsReader {
  readonly #session: Session;
  readonly #read = new Map<string, Composing>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** The lines of a task that was read, or null. */
  lines(key: string, { width, isBrief }: Room): readonly Text[] | null {
    const read = this.#read.get(key);
    if (read === undefined) return null;
    const { context, connection } = this.#session;
    const lines = isBrief ? briefDetailsLines : detailsLines;
    const now = connection.stepFunctions.now();
    return lines(read, { now, width, redact: context.terminal.redact, flags: connectionFlags(context) });
  }

  /** Reads a task and gives its lines; where it cannot be read, a line that says why. */
  async read({ key, swept }: Row, room: Room): Promise<readonly Text[]> {
    if (swept.task === null) return [yellow(`The history of ${swept.executionName} may not be read.`)];
    try {
      const found = await findTask(this.#session.connection.stepFunctions, swept.executionArn, swept.task.eventId);
      const read = await readTask(this.#session, found);
      this.#read.delete(key);
      this.#read.set(key, read);
      for (const oldest of [...this.#read.keys()].slice(0, -mostKept)) this.#read.delete(oldest);
      return this.lines(key, room) ?? [];
    } catch (error) {
      if (!(error instanceof CliError) || error.kind === "interrupted" || error.kind === "terminated") throw error;
      return [yellow(error.message)];
    }
  }

  /** Forgets a task, so that it is read anew. */
  forget(key: string): void {
    this.#read.delete(key);
  }

  /** How a task ended, or null where it waits or cannot be read. */
  async ending({ swept }: Row): Promise<Closing | null> {
    if (swept.task === null) return null;
    try {
      return (await findTask(this.#session.connection.stepFunctions, swept.executionArn, swept.task.eventId)).task.closed;
    } catch (error) {
      if (!(error instanceof CliError) || error.kind === "interrupted" || error.kind === "terminated") throw error;
      return null;
    }
  }
}
