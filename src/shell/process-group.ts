import { readdir, readFile } from "node:fs/promises";
import { systemClock } from "./clock.ts";
import { Listening, type SignalSource } from "./signals.ts";
import { codeOf } from "./system-error.ts";

/** How often a group is looked for. */
const lookMilliseconds = 50;

/** The processes of one program that we have started, and of all that it has started. */
export interface ProcessGroup {
  /** Does nothing where none of them is there any more. */
  signal(name: NodeJS.Signals): void;
  /** Resolves when none of them runs any more. */
  gone(): Promise<void>;
  /** Its first process has ended: it is neither stopped nor continued any more. */
  forget(): void;
}

/**
 * The process groups of programs that we have started. Ctrl-Z stops them along with us, and `fg` continues them: the terminal's signal reaches our own
 * group only. A process group without a terminal ignores SIGTSTP, so it gets SIGSTOP.
 */
export class ProcessGroups {
  readonly #source: SignalSource;
  readonly #listening: Listening;
  readonly #ids = new Set<number>();

  constructor(source: SignalSource) {
    this.#source = source;
    this.#listening = new Listening(source);
  }

  add(id: number): ProcessGroup {
    if (this.#ids.size === 0) this.#listen();
    this.#ids.add(id);
    return {
      signal: (name) => this.#send(id, name),
      gone: async () => {
        while (await isGroupRunning(this.#source, id)) await systemClock.sleep(lookMilliseconds);
      },
      forget: () => {
        this.#ids.delete(id);
        if (this.#ids.size === 0) this.#listening.stop();
      },
    };
  }

  #listen(): void {
    this.#listening.to("SIGTSTP", () => {
      for (const id of this.#ids) this.#send(id, "SIGSTOP");
      this.#source.kill(this.#source.pid, "SIGSTOP");
    });
    this.#listening.to("SIGCONT", () => {
      for (const id of this.#ids) this.#send(id, "SIGCONT");
    });
  }

  #send(id: number, signal: NodeJS.Signals): void {
    try {
      this.#source.kill(-id, signal);
    } catch {
      // There is no such group any more.
    }
  }
}

/** Whether anything of a process group still runs. */
export async function isGroupRunning(source: Pick<SignalSource, "kill">, group: number): Promise<boolean> {
  return !isGone(source, -group) && (await hasRunning(group));
}

/** Whether there is no such process, or group where the id is negative. One that may not be sent signals to is there. */
export function isGone(source: Pick<SignalSource, "kill">, id: number): boolean {
  try {
    source.kill(id, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

/**
 * Whether any process of the group is more than a zombie, which nobody has asked how it ended. In a container without an init process those stay for
 * ever. Taken to be so where there is no /proc to read it from.
 */
async function hasRunning(group: number): Promise<boolean> {
  const names = await readdir("/proc").catch(() => []);
  const ids = names.filter((name) => /^\d+$/.test(name));
  const states = await Promise.all(ids.map((id) => stateIn(group, id)));
  return ids.length === 0 || states.some((state) => state !== null && state !== "Z" && state !== "X");
}

/** The state of a process, or null where it is of another group. */
async function stateIn(group: number, id: string): Promise<string | null> {
  const text = await readFile(`/proc/${id}/stat`, "utf8").catch(() => "");
  // Its name, in brackets, may hold blanks and brackets itself.
  const [, state = "", , processGroup] = /^(\S) (\d+) (-?\d+) /.exec(text.slice(text.lastIndexOf(")") + 2)) ?? [];
  return Number(processGroup) === group ? state : null;
}
