/**
 * Makes the pictures of the README from a real run: the built command on a pseudo-terminal over the embedded Step Functions.
 * `npm run pictures` writes docs/pictures/<name>-<dark|light>.svg.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type IPty, spawn } from "@lydell/node-pty";
import headless from "@xterm/headless";
import { svgOf, themes } from "./terminal-picture.ts";

const command = resolve("bin/sfn-callback.js");
const folder = join(tmpdir(), "sfn-callback");
const pictures = resolve("docs/pictures");
const environment = {
  PATH: process.env["PATH"] ?? "",
  HOME: folder,
  XDG_STATE_HOME: folder,
  TERM: "xterm-256color",
  SFN_CALLBACK_LOCAL_FILE: join(folder, "local.db"),
};
const columns = 100;
const lateMilliseconds = 20_000;

type Screen = InstanceType<typeof headless.Terminal>;

function run(...argv: string[]): void {
  execFileSync(process.execPath, [command, ...argv], { env: environment, stdio: ["ignore", "ignore", "inherit"] });
}

/** Tasks of different ages: the file's clock is moved between them. */
function prepare(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run("deploy-example", "--yes");
  const orders = [
    ["order-1041", "Ada Lovelace", 12_900, "9h"],
    ["order-1056", "Grace Hopper", 4_200, "5h"],
    ["order-1057", "林 美咲", 880, "2h"],
    ["order-1063", "Alan Turing", 31_500, "41m"],
    ["order-1064", "Katherine Johnson", 1_250, "12m"],
  ] as const;
  for (const [name, customer, amount, then] of orders) {
    const input = { order: Number(name.slice(6)), customer, amount, items: [{ sku: "A-17", count: 3 }] };
    run("start", "approval", "--name", name, "--input", JSON.stringify(input), "--until", "waiting");
    run("local", "advance", then);
  }
  run("start", "random", "--name", "toss-7", "--input", '{"guess":"heads"}', "--until", "waiting");
}

/** A command on a terminal of its own. */
class Shown {
  readonly screen: Screen;
  readonly #child: IPty;
  readonly #ended: Promise<void>;
  #changed: () => void = () => {};

  constructor(argv: readonly string[], rows: number) {
    this.screen = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.#child = spawn(process.execPath, [command, ...argv], { cols: columns, rows, name: "xterm-256color", env: environment });
    this.#child.onData((data) => this.screen.write(data, () => this.#changed()));
    this.#ended = new Promise((done) => this.#child.onExit(() => this.screen.write("", done)));
  }

  /** Resolves once the text is on the screen. */
  async sees(text: string): Promise<void> {
    await new Promise<void>((found, missing) => {
      const timer = setTimeout(() => missing(new Error(`${text} did not come:\n${this.lines().join("\n")}`)), lateMilliseconds);
      this.#changed = () => {
        if (!this.lines().join("\n").includes(text)) return;
        clearTimeout(timer);
        found();
      };
      this.#changed();
    });
  }

  lines(): string[] {
    const { active } = this.screen.buffer;
    return Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
  }

  type(keys: string): void {
    this.#child.write(keys);
  }

  ended(): Promise<void> {
    return this.#ended;
  }
}

function keep(name: string, { screen }: Shown, rows: number, title: string): void {
  for (const [scheme, theme] of Object.entries(themes)) {
    const file = join(pictures, `${name}-${scheme}.svg`);
    writeFileSync(file, svgOf(screen, rows, title, theme));
    process.stdout.write(`${file}\n`);
  }
}

async function printed(name: string, argv: readonly string[]): Promise<void> {
  const shown = new Shown(argv, 70);
  await shown.ended();
  const used = shown.lines().findLastIndex((line) => line !== "") + 1;
  keep(name, shown, used, ["sfn-callback", ...argv].join(" "));
}

async function inbox(): Promise<void> {
  const rows = 28;
  const shown = new Shown([], rows);
  await shown.sees("6 waiting");
  shown.type("\u001b[B");
  await shown.sees("Grace Hopper");
  keep("inbox", shown, rows, "sfn-callback");
  shown.type("\r");
  await shown.sees("Answer with");
  shown.type("\r");
  await shown.sees("Comment");
  shown.type("within the budget\r");
  await shown.sees("Send this answer?");
  keep("answer", shown, rows, "sfn-callback");
  shown.type("\u001b");
  await shown.sees("nothing was sent");
  shown.type("q");
  await shown.ended();
}

mkdirSync(pictures, { recursive: true });
prepare();
await printed("pending", ["pending"]);
await printed("show", ["show", "approval/order-1056"]);
await inbox();
rmSync(folder, { recursive: true, force: true });
