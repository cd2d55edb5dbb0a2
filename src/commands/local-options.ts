import type { Command } from "commander";
import type { LocalImport, LocalOptions } from "../context/local-server.ts";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { flagOf, repeatable, textOption, textOptions } from "./parsed-options.ts";

/** How `local` is to serve. */
export interface ServeOptions extends Omit<LocalOptions, "file" | "region" | "onTask" | "onImport" | "onRequest"> {
  /** A shell command to run for each callback task. */
  readonly onTask?: string;
  /** Whether each request is told on stderr. */
  readonly verbose?: boolean;
}

const longestLatencyMilliseconds = 600_000;

/** Puts the options of `local` on its command. The repeatable ones are collectors, since a variadic option would swallow what follows. */
export function addServeOptions(command: Command): Command {
  return (
    command
      .option("--port <port>", "the port (default: 8083; a free one for -- <command>)")
      .option("--listen <host>", "the address or name to listen on (default: 127.0.0.1)")
      .option("--allow-host <name>", "another name that clients call it by, as in a container network; repeatable", repeatable)
      .option("--import <folder>", "make the state machines of its *.asl.json, *.asl.yaml and *.asl.yml, named after the files")
      // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how the files write it
      .option("--substitute <key=value>", "what ${key} in those files stands for; repeatable", repeatable)
      .option("--watch", "import what changes in the folder, too; running executions keep their definition")
      .option("--on-task <command>", "shell command run for each callback task, its parameters on stdin, its token in SFN_CALLBACK_TOKEN")
      .option(
        "--mock-config <file>",
        "results of service calls, as for AWS's Step Functions Local; <machine ARN>#<test case> starts with one",
      )
      .option("--manual", "leave service calls that are not mocked waiting, to be answered by hand")
      .option(
        "--quotas <set>",
        "answer ThrottlingException beyond AWS's API quotas: aws, or aws:big for us-east-1, us-west-2 and eu-west-1",
      )
      .option("--latency <ms>", "hold every reply back so many milliseconds")
      .option("--verbose", "say each request on stderr: operation, status, milliseconds")
  );
}

/** Reads and checks them; usage errors. */
export async function parseServeOptions(context: Context, options: Record<string, unknown>, defaultPort: number): Promise<ServeOptions> {
  const { mockConfig } = options;
  const given = {
    onTask: text(options, "onTask"),
    host: text(options, "listen")?.replace(/^\[|\]$/g, ""),
    allowedHosts: textOptions(options, "allowHost"),
    import: parseImport(options),
    quotas: parseQuotas(text(options, "quotas")),
    latencyMilliseconds: parseLatency(text(options, "latency")),
    mockConfig: typeof mockConfig === "string" ? await context.files.read(mockConfig) : undefined,
    manual: options["manual"] === true,
    verbose: options["verbose"] === true,
  };
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { port: parsePort(options["port"], defaultPort), ...(Object.fromEntries(present) as Partial<ServeOptions>) };
}

function text(options: Record<string, unknown>, name: string): string | undefined {
  const value = textOption(options, name);
  if (value === "") throw usageError(`${flagOf(name)} is empty`);
  return value;
}

function parsePort(value: unknown, defaultPort: number): number {
  if (value === undefined) return defaultPort;
  const port = Number(value);
  if (!/^\d{1,5}$/.test(String(value)) || port > 65_535) throw usageError(`--port ${JSON.stringify(value)} is not a port (0 to 65535)`);
  return port;
}

function parseImport(options: Record<string, unknown>): LocalImport | undefined {
  const folder = text(options, "import");
  const substitutions = textOptions(options, "substitute").map((setting): [string, string] => {
    const equals = setting.indexOf("=");
    if (equals < 1)
      throw usageError(`--substitute ${JSON.stringify(setting)} is not key=value`, "for example: --substitute QueueUrl=queue");
    return [setting.slice(0, equals), setting.slice(equals + 1)];
  });
  const watch = options["watch"] === true;
  if (folder !== undefined) return { folder, substitutions: Object.fromEntries(substitutions), watch };
  const without = watch ? "--watch" : substitutions.length > 0 ? "--substitute" : null;
  if (without !== null) throw usageError(`${without} is for imported definitions, and nothing is imported`, "add --import <folder>");
  return undefined;
}

function parseQuotas(value: string | undefined): "aws" | "aws:big" | undefined {
  if (value === undefined || value === "aws" || value === "aws:big") return value;
  throw usageError(`--quotas ${JSON.stringify(value)} is neither aws nor aws:big`);
}

function parseLatency(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const milliseconds = Number(value);
  if (/^\d+$/.test(value) && milliseconds <= longestLatencyMilliseconds) return milliseconds;
  throw usageError(`--latency ${JSON.stringify(value)} is not a number of milliseconds (0 to ${longestLatencyMilliseconds})`);
}
