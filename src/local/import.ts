import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ApiError } from "./api-error.ts";
import type { Diagnostic } from "./asl/definition-check.ts";
import { DefinitionFileError, definitionIn, machineNameOf } from "./definition-files.ts";
import type { Engine } from "./engine.ts";
import { FolderWatch } from "./folder-watch.ts";
import type { Imported, ImportedMachine, ImportFault, ImportOptions } from "./local.ts";
import { operations } from "./operations/operations.ts";
import { RequestReader } from "./request-reader.ts";

/** Role ARNs are not used; CreateStateMachine only wants a well-formed one. */
const roleArn = "arn:aws:iam::123456789012:role/sfn-callback-local";

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
  /** What was last imported of each file that is there. */
  readonly #machines = new Map<string, ImportedMachine>();
  #watch: FolderWatch | null = null;

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
    if (isWatching) this.#startToWatch();
    const all = await this.#importAll();
    if (!isWatching && all.length === 0) throw new ImportError(`the folder ${folder} holds no *.asl.json, *.asl.yaml or *.asl.yml`);
    const faults = all.filter((each) => "message" in each);
    if (!isWatching && faults.length > 0) throw new ImportError(faults.map(faultText).join("\n"));
    for (const each of all) this.#tellOnce(each);
    return all.filter((each) => "arn" in each);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #startToWatch(): void {
    const { folder } = this.#options;
    try {
      this.#watch = new FolderWatch(folder, () => this.#importChanges());
    } catch (error) {
      throw unreadable(folder, error);
    }
  }

  async #importChanges(): Promise<void> {
    const { folder } = this.#options;
    try {
      const all = await this.#importAll();
      this.#faults.delete(folder);
      for (const each of all) this.#tellOnce(each);
      this.#tellOfRemoved(all);
    } catch (error) {
      this.#tellOnce(fault(folder, error instanceof Error ? error.message : String(error)));
    }
  }

  #tellOnce(imported: Imported): void {
    const before = this.#faults.get(imported.file);
    const isKnown = this.#faults.has(imported.file);
    const now = "message" in imported ? faultText(imported) : null;
    this.#faults.set(imported.file, now);
    if ("arn" in imported) this.#machines.set(imported.file, imported);
    const isChange = "change" in imported && imported.change !== "unchanged";
    if (!isKnown || isChange || before !== now) this.#tell(imported);
  }

  /** A file that is gone leaves its machine, which executions may run on; who renamed it hears of one under the new name. */
  #tellOfRemoved(all: readonly Imported[]): void {
    const present = new Set(all.map(({ file }) => file));
    const names = new Set(all.map((each) => ("name" in each ? each.name : null)));
    for (const file of [...this.#faults.keys()].filter((known) => !present.has(known))) {
      const machine = this.#machines.get(file);
      this.#faults.delete(file);
      this.#machines.delete(file);
      if (machine !== undefined && !names.has(machine.name)) this.#tell({ ...machine, change: "kept" });
    }
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
      const imported =
        other === undefined ? await this.#import(file, name) : fault(file, `${other} defines the same state machine, ${name}`);
      if (imported === null) continue;
      all.push(imported);
      fileOf.set(name, other ?? file);
    }
    return all;
  }

  /** Null for a file that has gone meanwhile. */
  async #import(file: string, name: string): Promise<Imported | null> {
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
      if (error.code === "ENOENT") return null;
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
  const lines = diagnostics.map((diagnostic) => `\n  ${diagnosticText(diagnostic)}`);
  return `${file}: ${message}${lines.join("")}`;
}

/** AWS's message for what is no JSON tells the place by itself. */
function diagnosticText({ code, message, location }: ImportFault["diagnostics"][number]): string {
  return `${code}: ${message}${location === null || message.includes(location) ? "" : ` at ${location}`}`;
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
