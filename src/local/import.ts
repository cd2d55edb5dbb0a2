import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "./api-error.ts";
import type { Diagnostic } from "./asl/definition-check.ts";
import { DefinitionFileError, definitionIn, machineNameOf } from "./definition-files.ts";
import type { Engine } from "./engine.ts";
import type { Imported, ImportedMachine, ImportFault, ImportOptions } from "./local.ts";
import { operations } from "./operations/operations.ts";
import { RequestReader } from "./request-reader.ts";

/** Role ARNs are not used; CreateStateMachine only wants a well-formed one. */
const roleArn = "arn:aws:iam::123456789012:role/sfn-callback-local";
/** Editors write a file in several steps; what they leave in between is not looked at. */
const quietMilliseconds = 100;

/** A folder that cannot be imported, or a fault in one of its files. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}

/** Makes the state machines of a folder's definition files, and keeps them as the files are where it watches. */
export class Import implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #options: ImportOptions;
  readonly #tell: (imported: Imported) => void;
  /** The fault that was told of each file last, null where it had none: nothing is told twice. */
  readonly #faults = new Map<string, string | null>();
  #running: Promise<unknown> = Promise.resolve();
  #watcher: FSWatcher | null = null;
  #quiet: NodeJS.Timeout | null = null;

  constructor(engine: Engine, options: ImportOptions, tell: (imported: Imported) => void) {
    this.#engine = engine;
    this.#options = options;
    this.#tell = tell;
  }

  /**
   * Imports every file, and tells of each. Throws ImportError for a folder that cannot be read; where it does not watch, for one without
   * definitions and for any fault in them, too: who goes on watching will see it put right.
   */
  async start(): Promise<readonly ImportedMachine[]> {
    const { folder, watch: isWatching = false } = this.#options;
    if (isWatching) this.#watch();
    const all = await this.#importAll();
    if (!isWatching && all.length === 0) throw new ImportError(`the folder ${folder} holds no *.asl.json, *.asl.yaml or *.asl.yml`);
    const faults = all.filter((each) => "message" in each);
    if (!isWatching && faults.length > 0) throw new ImportError(faults.map(faultText).join("\n"));
    for (const each of all) this.#tellOnce(each);
    return all.filter((each) => "arn" in each);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher?.close();
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    await this.#running;
  }

  #watch(): void {
    const { folder } = this.#options;
    try {
      this.#watcher = watch(folder, { persistent: false }, () => this.#changed());
    } catch (error) {
      throw unreadable(folder, error);
    }
    this.#watcher.on("error", () => this.#watcher?.close());
  }

  #changed(): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => {
      // One at a time, and another for what changes meanwhile.
      this.#running = this.#running.then(() => this.#importChanges());
    }, quietMilliseconds);
    this.#quiet.unref();
  }

  async #importChanges(): Promise<void> {
    const { folder } = this.#options;
    const all = await this.#importAll().catch((error: unknown) => [fault(folder, error instanceof Error ? error.message : String(error))]);
    for (const each of all) this.#tellOnce(each);
  }

  #tellOnce(imported: Imported): void {
    const before = this.#faults.get(imported.file);
    const isKnown = this.#faults.has(imported.file);
    const now = "message" in imported ? faultText(imported) : null;
    this.#faults.set(imported.file, now);
    const isChange = "change" in imported && imported.change !== "unchanged";
    if (!isKnown || isChange || before !== now) this.#tell(imported);
  }

  async #importAll(): Promise<Imported[]> {
    const { folder } = this.#options;
    const files = await readdir(folder).catch((error: unknown) => {
      throw unreadable(folder, error);
    });
    const all: Imported[] = [];
    const fileOf = new Map<string, string>();
    for (const file of files.sort()) {
      const name = machineNameOf(file);
      if (name === null) continue;
      const other = fileOf.get(name);
      all.push(other === undefined ? await this.#import(file, name) : fault(file, `${other} defines the same state machine, ${name}`));
      fileOf.set(name, other ?? file);
    }
    return all;
  }

  async #import(file: string, name: string): Promise<Imported> {
    try {
      const text = await readFile(join(this.#options.folder, file), "utf8");
      const definition = await definitionIn(file, text, this.#options.substitutions ?? {});
      const arn = this.#engine.arn(`stateMachine:${name}`);
      const present = this.#engine.store.stateMachines.get(arn);
      if (present?.definition === definition) return { file, name, arn, change: "unchanged" };
      const diagnostics = await this.#engine.definitionChecks.errors(definition, present?.type);
      if (diagnostics !== null) return fault(file, "it is not a definition that can run", diagnostics);
      if (present === null) await this.#call("CreateStateMachine", { name, definition, roleArn });
      else await this.#call("UpdateStateMachine", { stateMachineArn: arn, definition });
      return { file, name, arn, change: present === null ? "created" : "updated" };
    } catch (error) {
      if (error instanceof DefinitionFileError || error instanceof ApiError) return fault(file, error.message);
      if (!(error instanceof Error && "code" in error)) throw error;
      return fault(file, `it cannot be read: ${reason(error)}`);
    }
  }

  async #call(operation: string, members: Record<string, string>): Promise<void> {
    const engine = this.#engine;
    await operations[operation]?.(engine, new RequestReader(operation, members, engine.pageSeal), new AbortController().signal);
  }
}

function fault(file: string, message: string, diagnostics: readonly Diagnostic[] = []): ImportFault {
  return { file, message, diagnostics: diagnostics.map(({ code, message, location }) => ({ code, message, location })) };
}

function faultText({ file, message, diagnostics }: ImportFault): string {
  const lines = diagnostics.map(({ code, message, location }) => `\n  ${code}: ${message}${location === null ? "" : ` at ${location}`}`);
  return `${file}: ${message}${lines.join("")}`;
}

function unreadable(folder: string, error: unknown): ImportError {
  return new ImportError(`the folder ${folder} cannot be imported: ${reason(error)}`, { cause: error });
}

function reason(error: unknown): string {
  const { code = "", message = String(error) } = error as NodeJS.ErrnoException;
  const known: Readonly<Record<string, string>> = {
    ENOENT: "it does not exist",
    ENOTDIR: "it is no folder",
    EACCES: "permission denied",
    EISDIR: "it is a folder",
  };
  return known[code] ?? message;
}
