import { spawnSync } from "node:child_process";

/** Whether a program can be run here; tests of what needs it are left out where not, and say so in their names. */
export function isInstalled(program: string, ...version: string[]): boolean {
  return spawnSync(program, version, { stdio: "ignore" }).status === 0;
}
