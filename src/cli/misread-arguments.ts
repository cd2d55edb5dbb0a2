import type { Command } from "commander";
import { type CliError, usageError } from "../errors.ts";

/** Refuses what commander would take for something else than was meant. */
export function refuseMisread(program: Command, argv: readonly string[]): void {
  refuseFormatsAsOutput(argv);
  refuseFlagsAsValues(program, argv);
  refuseTwoAnswers(argv);
  refuseHelpOnNothing(program, argv);
}

const formats = /^(json|text|table|yaml|yaml-stream)$/;

/** In the AWS CLI `--output` chooses a format. */
function refuseFormatsAsOutput(argv: readonly string[]): void {
  const isOne = argv.some(
    (token, index) =>
      (token === "--output" && formats.test(argv[index + 1] ?? "")) ||
      (token.startsWith("--output=") && formats.test(token.slice("--output=".length))),
  );
  if (isOne)
    throw usageError("--output gives a task's output, it does not choose a format", "formats are chosen by --json, --jsonl and --query");
}

/** An option where a value should be means that the value was forgotten; commander would take the option's name as the value. */
function refuseFlagsAsValues(program: Command, argv: readonly string[]): void {
  let command = program;
  for (let index = 0; index < argv.length; index += 1) {
    const token = argv[index] ?? "";
    const options = [...new Set([...program.options, ...(command.parent?.options ?? []), ...command.options])];
    const taking = options.find((option) => option.required && (option.long === token || option.short === token));
    if (taking === undefined) {
      command = command.commands.find((sub) => sub.name() === token) ?? command;
      continue;
    }
    const value = argv[index + 1];
    const isFlag = value === "--help" || value === "-h" || options.some((option) => option.long === value || option.short === value);
    if (value !== undefined && isFlag) {
      throw usageError(
        `${token} needs a value, and the option ${value} stands in its place`,
        `if ${value} is the value: ${token}=${value}`,
      );
    }
    index += 1;
  }
}

/** What is sent. Of other options the last one counts, so that an alias can be overruled; but an answer cannot be taken back. */
const sentOptions = ["--output", "--input", "--error", "--cause"];

function refuseTwoAnswers(argv: readonly string[]): void {
  const twice = sentOptions.find((name) => argv.filter((token) => token === name || token.startsWith(`${name}=`)).length > 1);
  if (twice !== undefined) throw usageError(`${twice} is given twice, and one is sent`, "leave one of them out");
}

/** Commander would print all of the help, and not say why. */
function refuseHelpOnNothing({ commands }: Command, argv: readonly string[]): void {
  const [command, word] = argv.filter((token) => !token.startsWith("-"));
  if (command !== "help" || word === undefined || word === "help") return;
  if (!commands.some((each) => each.name() === word)) throw unknownCommand({ commands }, word);
}

/** Any word that names no command reaches the inbox, the command where none is named. */
export function unknownCommand({ commands }: Pick<Command, "commands">, word = ""): CliError {
  const alike = commands.map((command) => command.name()).filter((name) => name.startsWith(word.slice(0, 2)));
  const hint = alike.length === 0 ? "sfn-callback --help" : `did you mean ${alike.join(" or ")}?`;
  return usageError(`unknown command '${word}'`, hint);
}
