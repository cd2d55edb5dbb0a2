/**
 * Makes the pictures of the README from a real run: the built command on a pseudo-terminal over the embedded Step Functions.
 * `npm run pictures` writes docs/pictures/<name>-<dark|light>.svg.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { keys, type Screen, screen } from "../test/pty/screen.ts";
import { svgOf, themes } from "./terminal-picture.ts";

const home = join(tmpdir(), "sfn-callback");
const localFile = join(home, "local.db");
const pictures = resolve("docs/pictures");

/** Tasks of different ages: the file's clock is moved between them. */
function prepare(): void {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const environment = { HOME: home, XDG_STATE_HOME: join(home, "state"), SFN_CALLBACK_LOCAL_FILE: localFile };
  const run = (...argv: string[]) =>
    execFileSync(process.execPath, [resolve("bin/sfn-callback.js"), ...argv], { env: environment, stdio: ["ignore", "ignore", "inherit"] });
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

function keep(name: string, { terminal }: Screen, rows: number, title: string): void {
  for (const [scheme, theme] of Object.entries(themes)) {
    const file = join(pictures, `${name}-${scheme}.svg`);
    writeFileSync(file, svgOf(terminal, rows, title, theme));
    process.stdout.write(`${file}\n`);
  }
}

async function printed(name: string, argv: readonly string[]): Promise<void> {
  const shown = screen(argv, { home, localFile, rows: 70 });
  const { lines } = await shown.ended;
  keep(name, shown, lines.length, ["sfn-callback", ...argv].join(" "));
}

/** What is typed once the text is on the screen, and the picture that is taken before. */
const inboxSteps: readonly { readonly sees: string; readonly picture?: string; readonly type: string }[] = [
  { sees: "6 waiting", type: keys.down },
  { sees: "Grace Hopper", picture: "inbox", type: keys.enter },
  { sees: "Answer with", type: keys.enter },
  { sees: "Comment", type: `within the budget${keys.enter}` },
  { sees: "Send this answer?", picture: "answer", type: keys.escape },
  { sees: "nothing was sent", type: "q" },
];

async function inbox(): Promise<void> {
  const rows = 28;
  const shown = screen([], { home, localFile, rows });
  for (const { sees, picture, type } of inboxSteps) {
    await shown.sees(sees);
    if (picture !== undefined) keep(picture, shown, rows, "sfn-callback");
    shown.type(type);
  }
  await shown.ended;
}

mkdirSync(pictures, { recursive: true });
prepare();
await printed("pending", ["pending"]);
await printed("show", ["show", "approval/order-1056"]);
await inbox();
rmSync(home, { recursive: true, force: true });
