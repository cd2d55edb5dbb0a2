import { type FSWatcher, statSync, watch } from "node:fs";

/** Editors write a file in several steps; what they leave in between is not looked at. */
const quietMilliseconds = 100;
/** How often it is looked whether a folder that is gone has come back. */
const absentMilliseconds = 500;

/** Tells that something has changed in a folder, also once another one has taken its place. */
export class FolderWatch implements AsyncDisposable {
  readonly #folder: string;
  readonly #changed: () => Promise<void>;
  #running: Promise<unknown> = Promise.resolve();
  #watcher: FSWatcher | null = null;
  /** Of the folder that is watched: a system watches the folder that was there, not the name. */
  #inode: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** `changed` is called once for all that changes in a moment, and never twice at once. Throws where the folder cannot be watched. */
  constructor(folder: string, changed: () => Promise<void>) {
    this.#folder = folder;
    this.#changed = changed;
    this.#watch();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watcher?.close();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  #watch(): void {
    this.#watcher?.close();
    this.#watcher = watch(this.#folder, { persistent: false }, () => this.#lookIn(quietMilliseconds));
    this.#watcher.on("error", () => this.#lookIn(absentMilliseconds));
    this.#inode = statSync(this.#folder).ino;
  }

  #lookIn(milliseconds: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      // One at a time, and another for what changes meanwhile.
      this.#running = this.#running.then(() => this.#look());
    }, milliseconds);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const isThere = this.#follow();
    await this.#changed();
    if (!isThere) this.#lookIn(absentMilliseconds);
  }

  /** Watches the folder that has the name now; whether there is one. */
  #follow(): boolean {
    try {
      if (statSync(this.#folder).ino !== this.#inode) this.#watch();
      return true;
    } catch {
      this.#inode = null;
      return false;
    }
  }
}
