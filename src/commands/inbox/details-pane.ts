import type { Clock } from "../../context.ts";
import type { DetailsReader } from "./details-reader.ts";
import { detailsRoom } from "./geometry.ts";
import type { Details, InboxState } from "./state.ts";

/** A task is read when the person stays at it for so long. */
const stayMilliseconds = 120;

interface Around {
  state(): InboxState;
  /** Told what there is to show of the chosen task. */
  read(details: Details): void;
}

/** What is shown of the chosen task: follows the person through the list, and reads where they stay. */
export class DetailsPane {
  readonly #reader: DetailsReader;
  readonly #clock: Clock;
  readonly #around: Around;
  #wanted: string | null = null;

  constructor(reader: DetailsReader, clock: Clock, around: Around) {
    this.#reader = reader;
    this.#clock = clock;
    this.#around = around;
  }

  /** The person may have come to another task. */
  follow(): void {
    const key = this.#around.state().list.selected;
    if (key === this.#wanted) return;
    this.#wanted = key;
    if (key !== null && !this.show()) void this.#readLater(key).catch(() => {});
  }

  /** The task is to be read anew. */
  forget(key: string): void {
    if (this.#wanted === key) this.#wanted = null;
  }

  /** Shows what was read of the chosen task, with the present time and room; false where nothing was. */
  show(): boolean {
    const state = this.#around.state();
    const key = state.list.selected;
    const lines = key === null ? null : this.#reader.lines(key, detailsRoom(state));
    if (key === null || lines === null) return false;
    this.#around.read({ key, lines });
    return true;
  }

  async #readLater(key: string): Promise<void> {
    await this.#clock.sleep(stayMilliseconds);
    const row = this.#around.state().list.rows.get(key);
    if (this.#wanted !== key || row === undefined) return;
    this.#around.read({ key, lines: await this.#reader.read(row, detailsRoom(this.#around.state())) });
  }
}
