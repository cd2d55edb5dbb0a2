import type { Command } from "commander";
import { flagOf, repeatable, textOption, textOptions } from "../commands/parsed-options.ts";
import type { ConnectionOptions, Format, OutputOptions } from "../context.ts";
import { usageError } from "../errors.ts";

/** Puts the options on the program that every command takes, before or after its name. */
export function addGlobalOptions(program: Command): void {
  program
    .option("--region <region>", "AWS Region (default: from the environment or the profile); pending takes several", repeatable)
    .option("--profile <name>", "profile in the AWS config files")
    .option("--endpoint-url <url>", "use another Step Functions endpoint")
    .option("--local", "use the embedded Step Functions: no AWS account, a file on this machine")
    .option("--local-file <file>", "the file of the embedded Step Functions; implies --local")
    .option("--json", "print one JSON document")
    .option("--jsonl", "print one JSON object a line, as they are found")
    .option("--query <jmespath>", "print what this expression selects of the JSON; implies --json")
    .option("--raw", "print a selected string without quotes")
    .option("--no-color", "print without color")
    .option("--debug", "say on stderr what is being done");
}

/** How a command's result is to be printed. */
export function outputOptions(options: Record<string, unknown>): OutputOptions {
  const query = textOption(options, "query");
  const format: Format = options["jsonl"] === true ? "jsonl" : options["json"] === true || query !== undefined ? "json" : "human";
  return {
    format,
    ...(query === undefined ? {} : { query }),
    raw: options["raw"] === true,
    color: options["color"] !== false,
    debug: options["debug"] === true,
  };
}

/** The same of a command line that commander could not parse: the error must still have the right format. */
export function outputOptionsIn(argv: readonly string[], parsed: Record<string, unknown>): OutputOptions {
  const named = ["json", "jsonl", "debug"].filter((name) => argv.includes(flagOf(name))).map((name) => [name, true]);
  const noColor = argv.includes("--no-color") ? { color: false } : {};
  return outputOptions({ ...parsed, ...Object.fromEntries(named), ...noColor });
}

/** Which Step Functions a command talks to; a usage error where the options contradict each other. Of several Regions the first. */
export function connectionOptions(
  options: Record<string, unknown>,
  command: string,
  { takesRegions }: { readonly takesRegions: boolean },
): ConnectionOptions {
  const text = (name: string): string | undefined => {
    const value = textOptions(options, name)[0] ?? textOption(options, name);
    if (value === "") throw usageError(`${flagOf(name)} is empty`);
    return value;
  };
  const [region, profile, endpointUrl, localFile] = [text("region"), text("profile"), text("endpointUrl"), text("localFile")];
  const local = options["local"] === true || localFile !== undefined;
  if (local && endpointUrl !== undefined) throw usageError("--local and --endpoint-url name two different places", "give one of them");
  const regions = new Set(textOptions(options, "region"));
  if (regions.size > 1 && !takesRegions) throw usageError(`${command} works in one --region`, "give one of them");
  if (local && regions.size > 1) throw usageError("--local has one Region", "give one --region, or leave it out");
  if (local && profile !== undefined) throw usageError("--local uses no AWS profile", "leave --profile out");
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(local ? { local } : {}),
    ...(localFile === undefined ? {} : { localFile }),
  };
}
