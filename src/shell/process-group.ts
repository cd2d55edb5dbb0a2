import { readdir, readFile } from "node:fs/promises";
import { systemClock } from "./clock.ts";

/** Sends to a process (a positive id) or to a process group (a negative one); throws where there is none. */
export type Kill = (pid: number, signal: NodeJS.Signals | 0) => unknown;

/** How often a group is looked for. */
const lookMilliseconds = 50;

/** Sends a signal to a process group; whether there was one. */
export function signalGroup(kill: Kill, group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** Resolves when no process of a group runs any more. */
export async function groupGone(kill: Kill, group: number): Promise<void> {
  while (signalGroup(kill, group, 0) && (await hasRunning(group))) await systemClock.sleep(lookMilliseconds);
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
