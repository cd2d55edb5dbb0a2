import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { cli, temporaryFolder } from "../harness.ts";
import { type Screen, type ScreenOptions, screen } from "./screen.ts";

const csi = "\u001b[";
/** What takes the terminal, and what gives it back. */
export const [takes, givesBack] = [`${csi}?1049h`, `${csi}?1049l`];

/** A local file with the example in it, which each test writes for itself: to deploy it takes longer. */
let template: Promise<Buffer> | undefined;

async function deployed(): Promise<Buffer> {
  const localFile = join(temporaryFolder(), "template.db");
  await cli(["deploy-example", "--yes"], { localFile });
  return readFileSync(localFile);
}

/** A machine of its own for a test: a home, and a local file with the example. */
export class Machine {
  readonly #here: ScreenOptions & { readonly localFile: string };

  private constructor(here: ScreenOptions & { readonly localFile: string }) {
    this.#here = here;
  }

  static async make(): Promise<Machine> {
    template ??= deployed();
    const home = temporaryFolder();
    const localFile = join(home, "test.db");
    writeFileSync(localFile, await template);
    return new Machine({ home, localFile, columns: 80, rows: 24 });
  }

  async run(...argv: string[]): Promise<string> {
    return (await cli(argv, this.#here)).stdout;
  }

  /** Starts executions that wait, one after the other. */
  async start(...names: string[]): Promise<void> {
    for (const name of names) await this.run("start", "approval", "--name", name, "--input", '{"order":17}', "--until", "waiting");
  }

  async ended(name: string): Promise<{ status: string; output: unknown; error: unknown; cause: unknown }> {
    return JSON.parse(await this.run("wait", `approval/${name}`, "--until", "waiting", "--json"));
  }

  async waitingCount(): Promise<number> {
    return JSON.parse(await this.run("pending", "--json")).tasks.length;
  }

  open(more: Partial<ScreenOptions> = {}, argv: readonly string[] = []): Screen {
    return screen(argv, { ...this.#here, ...more });
  }
}

/** The terminal is as it was: the screen it had, its cursor, wrapping lines, plain pastes. */
export function expectRestored(written: string): void {
  expect(written.lastIndexOf(givesBack)).toBeGreaterThan(written.lastIndexOf(takes));
  for (const [on, off] of [
    [`${csi}?25l`, `${csi}?25h`],
    [`${csi}?7l`, `${csi}?7h`],
    [`${csi}?2004h`, `${csi}?2004l`],
  ] as const)
    expect(written.lastIndexOf(off)).toBeGreaterThan(written.lastIndexOf(on));
}
