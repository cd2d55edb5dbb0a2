import type { Command } from "commander";
import { readReference } from "../answering/task-reference.ts";
import { checkOutput } from "../callback/answer.ts";
import type { Context } from "../context.ts";
import { usageError } from "../errors.ts";
import { answerReference, refuse } from "./answering.ts";
import { reportOutcome } from "./outcome-report.ts";
import type { Run } from "./registration.ts";
import { addTaskOptions, taskOptions, textOption } from "./task-argument.ts";
import { addSetOptions, allowOneStdin, parseJson, readJson, valueOptions } from "./values.ts";

export function registerSucceed(program: Command, run: Run): void {
  const command = program
    .command("succeed")
    .description("answer a waiting task with an output")
    .argument("[task]", "a task id, an address, or an execution")
    .option("--output <json>", "the output: JSON, @file, or - for standard input");
  addTaskOptions(addSetOptions(command)).action(run(succeed));
}

async function succeed(context: Context, options: Record<string, unknown>, word?: string): Promise<number> {
  const naming = taskOptions(options);
  allowOneStdin({ "--token": naming.token, "--output": textOption(options, "output") });
  const given = await givenOutput(context, options);
  const reference = await readReference(context, word, naming);
  const output = given ?? (await askForOutput(context));
  refuse(checkOutput(output));
  await using connection = await context.connect();
  const result = await answerReference(context, connection, reference, naming, { kind: "success", output });
  return reportOutcome(context.terminal, result);
}

async function givenOutput(context: Context, options: Record<string, unknown>): Promise<string | undefined> {
  const output = textOption(options, "output");
  if (output !== undefined && ["json", "text", "table"].includes(output)) {
    throw usageError(
      `--output is the task's output, and "${output}" is not JSON`,
      "choose the format of what is printed with --json or --jsonl",
    );
  }
  return readJson(context.files, valueOptions(options, "output"), "--output");
}

async function askForOutput({ terminal, prompts }: Context): Promise<string> {
  if (!terminal.interactive)
    throw usageError("no output was given", "add --output '<json>' or --set key=value; --output '{}' for an empty one");
  return prompts.input("Output (JSON)", {
    check(value) {
      try {
        parseJson(value, "the output");
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : "this is not JSON";
      }
    },
  });
}
