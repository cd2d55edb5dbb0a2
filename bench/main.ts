import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Figure, measureLocal } from "./local.ts";
import { measureSweep } from "./sweep.ts";

/**
 * The start-up budgets, side by side in one run, and what the embedded Step Functions and a sweep do. It prints what it measured and never
 * fails: a shared machine's load is no defect. `--quick` measures less.
 */

const quick = process.argv.includes("--quick");
const rounds = quick ? 5 : 15;
const bin = join(import.meta.dirname, "..", "bin", "sfn-callback.js");

interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly milliseconds: number[];
}

interface Budget {
  readonly contender: Contender;
  readonly yardstick: Contender;
  readonly limit: number;
}

// The shape of a token that AWS hands out.
const token = `AAAAKgAAAAIAAAAAAAAAA${"Q2FsbGJhY2s".repeat(50)}==`;

// In a process of its own, so that its work does not delay the clock that measures.
const endpointCode = `
  const server = require("node:http").createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end("{}");
    });
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
`;

function startEndpoint(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ["-e", endpointCode], { stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.once("data", (port) => resolve({ child, url: `http://127.0.0.1:${String(port).trim()}` }));
  });
}

function contender(name: string, ...command: [string, ...string[]]): Contender {
  return { name, command, milliseconds: [] };
}

function run({ command: [program, ...args] }: Contender, environment: NodeJS.ProcessEnv): { milliseconds: number; failure: string | null } {
  const startedAt = performance.now();
  const { status, stderr, error } = spawnSync(program, args, { env: environment, encoding: "utf8" });
  const milliseconds = performance.now() - startedAt;
  return { milliseconds, failure: status === 0 ? null : (error?.message ?? `exit ${status}: ${stderr.trim().split("\n")[0]}`) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Those that work here, each measured `rounds` times in turn, after one run that warms the caches and is not counted. */
function measure(contenders: readonly Contender[], environment: NodeJS.ProcessEnv): Set<Contender> {
  const working = new Set<Contender>();
  for (const each of contenders) {
    const { failure } = run(each, environment);
    if (failure === null) working.add(each);
    else console.log(`skipped: ${each.name} (${failure})`);
  }
  for (let round = 0; round < rounds; round++) {
    for (const each of working) each.milliseconds.push(run(each, environment).milliseconds);
  }
  return working;
}

function startUpRows(working: ReadonlySet<Contender>, budgets: readonly Budget[]): string[][] {
  const rows: string[][] = [];
  for (const each of working) {
    const own = budgets.filter((budget) => budget.contender === each && working.has(budget.yardstick));
    if (own.length === 0) rows.push([each.name, `${median(each.milliseconds).toFixed(1)} ms`, "", "", ""]);
    for (const { yardstick, limit } of own) {
      const ratio = median(each.milliseconds) / median(yardstick.milliseconds);
      const verdict = ratio <= limit ? "ok" : "over";
      rows.push([each.name, `${median(each.milliseconds).toFixed(1)} ms`, `${limit} x ${yardstick.name}`, ratio.toFixed(2), verdict]);
    }
  }
  return rows;
}

function figureRow({ what, value, limit, ok }: Figure): string[] {
  return [what, value, limit, "", ok ? "ok" : "over"];
}

function print(rows: readonly string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
}

const folder = mkdtempSync(join(tmpdir(), "sfn-callback-bench-"));
const { child, url } = await startEndpoint();
try {
  const environment: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"],
    HOME: folder,
    XDG_STATE_HOME: folder,
    TMPDIR: folder,
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
  };
  const bare = contender("node -e 0", process.execPath, "-e", "0");
  const help = contender("--help", process.execPath, bin, "--help");
  const succeed = contender("succeed --token", process.execPath, bin, "succeed", "--token", token, "--output", "{}", "--endpoint-url", url);
  const awsArguments = ["send-task-success", "--task-token", token, "--task-output", "{}", "--endpoint-url", url];
  const aws = contender("aws send-task-success", "aws", "stepfunctions", ...awsArguments);

  console.log(`Node ${process.versions.node}, ${rounds} rounds, one of each in turn; medians of wall time`);
  const rows = startUpRows(measure([bare, help, succeed, aws], environment), [
    { contender: help, yardstick: bare, limit: 1.6 },
    { contender: succeed, yardstick: bare, limit: 4 },
    { contender: succeed, yardstick: aws, limit: 0.2 },
  ]);
  const figures = await measureLocal(folder, environment, quick).catch((error: unknown) => {
    console.log(`skipped: local (${error instanceof Error ? error.message : String(error)})`);
    return [];
  });
  const swept = await measureSweep(environment, quick).catch((error: unknown) => {
    console.log(`skipped: sweep (${error instanceof Error ? error.message : String(error)})`);
    return [];
  });
  print([["what", "measured", "limit", "ratio", ""], ...rows, ...[...figures, ...swept].map(figureRow)]);
} finally {
  child.kill();
  rmSync(folder, { recursive: true, force: true });
}
