import { Command } from "commander";
import { registerAnswer } from "../commands/answer.ts";
import { registerDemo } from "../commands/demo.ts";
import { registerDeployExample } from "../commands/deploy-example.ts";
import { registerFail } from "../commands/fail.ts";
import { registerHeartbeat } from "../commands/heartbeat.ts";
import { registerInbox } from "../commands/inbox.ts";
import { registerLocal } from "../commands/local.ts";
import { registerPending } from "../commands/pending.ts";
import { registerPolicy } from "../commands/policy.ts";
import type { Run } from "../commands/registration.ts";
import { registerRun } from "../commands/run.ts";
import { registerShow } from "../commands/show.ts";
import { registerStart } from "../commands/start.ts";
import { registerStop } from "../commands/stop.ts";
import { registerSucceed } from "../commands/succeed.ts";
import { registerWait } from "../commands/wait.ts";
import { addGlobalOptions } from "./global-options.ts";

/** Where help and the version are printed. */
export interface HelpHost {
  readonly version: string;
  /** Help and version only; everything else goes through the terminal. */
  write(stream: "stdout" | "stderr", text: string): void;
  /** The width for help, or undefined where the stream is no terminal. */
  readonly helpColumns: number | undefined;
}

/** In the order in which the help lists them. */
const registrations = [
  registerInbox,
  registerPending,
  registerShow,
  registerAnswer,
  registerSucceed,
  registerFail,
  registerHeartbeat,
  registerRun,
  registerStop,
  registerStart,
  registerWait,
  registerDeployExample,
  registerPolicy,
  registerLocal,
  registerDemo,
];

/** The one that is called where none is named. */
const defaultCommand = "inbox";

const exitCodesHelp = `
Exit codes:
  0    done: applied, same or accepted; nothing is waiting
  1    AWS, the network or sfn-callback failed before anything was sent
  2    usage: a bad option or value, an ambiguous task, no Region, refused by a guard
  3    the task no longer waits and this answer did not count; unknown id or token
  4    access: no credentials, expired or denied
  5    part of it: a sweep could not look everywhere, some of a bulk answer failed
  6    unknown: the answer may or may not have been applied
  7    the execution that was waited for did not succeed
  8    something is waiting (pending --fail-if-any)
  9    --timeout passed
  125  run: sfn-callback failed; 126, 127: the command cannot be run; else the command's own code
  130  ended by Ctrl-C; 143 ended by SIGTERM`;

/** The program with its options and commands. Of the commands that `argv` does not name only what the help lists is made. */
export function createProgram(argv: readonly string[], host: HelpHost, run: Run): Command {
  const program = new Command("sfn-callback");
  program.createCommand = (name) => (argv.includes(name ?? "") || name === defaultCommand ? new Command(name) : withoutOptions(name));
  program
    .description("Find, show and answer AWS Step Functions callback tasks (.waitForTaskToken).")
    .version(host.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureHelp({ showGlobalOptions: true, displayWidth: (text) => text.length, subcommandTerm: nameAndArguments })
    .configureOutput({
      writeOut: (text) => host.write("stdout", text),
      writeErr: (text) => host.write("stderr", text),
      outputError: () => {},
      getOutHelpWidth: () => host.helpColumns ?? 100,
      getErrHelpWidth: () => host.helpColumns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride();
  addGlobalOptions(program);
  for (const register of registrations) register(program, run);
  return program.addHelpText("after", `${exitCodesHelp}\n\nNo AWS account? Begin with: sfn-callback demo`);
}

/** A command that the command line does not name: it is listed, and to make the options of all takes a quarter of the start-up. */
function withoutOptions(name: string | undefined): Command {
  const command = new Command(name);
  const leaveOut = () => command;
  return Object.assign(command, { option: leaveOut, addOption: leaveOut, addHelpText: leaveOut });
}

function nameAndArguments(command: Command): string {
  const words = command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`));
  return [command.name(), ...words].join(" ");
}

/** The full name of the command that a command line means, as far as its words tell. */
export function commandIn(program: Command, argv: readonly string[]): string {
  let command = program;
  for (const token of argv) command = command.commands.find((sub) => sub.name() === token) ?? command;
  return command === program ? program.name() : `${program.name()} ${nameOf(command)}`;
}

/** A command's name without that of the program: `local advance`. */
export function nameOf(command: Command): string {
  const parent = command.parent;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}
