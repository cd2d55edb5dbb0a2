import { join } from "node:path";
import type { Command } from "commander";
import type { AnswerResult } from "../answering/answer-result.ts";
import { readHistory } from "../answering/history-reading.ts";
import { answerTask } from "../answering/send.ts";
import { type Until, type Watched, watch } from "../answering/watching.ts";
import type { Execution } from "../aws/step-functions.ts";
import type { Answer } from "../callback/history/outcome.ts";
import type { CallbackTask } from "../callback/history/waiting-tasks.ts";
import { taskId } from "../callback/task-id.ts";
import type { LocalServer } from "../context/local-server.ts";
import type { Connection, Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { exampleMachines } from "../example/definitions.ts";
import { bold, cyan, dim, green, red, type Text, yellow } from "../text.ts";
import { createMachines } from "./create-machines.ts";
import { formatSpan } from "./durations.ts";
import { addExamples, type Run } from "./registration.ts";
import { machineArn } from "./start.ts";

interface Started {
  readonly arn: string;
  readonly machine: string;
  readonly about: string;
  readonly task: CallbackTask;
}

interface Ended {
  readonly started: Started;
  readonly did: string;
  readonly outcome: AnswerResult["outcome"] | "expired";
  readonly execution: Execution;
}

/** Puts `demo` on the program. */
export function registerDemo(program: Command, run: Run): void {
  const command = program.command("demo").description("the whole story in one command, without an AWS account");
  addExamples(command, ["demo", "demo --json"]).action(run((context) => demo(context), { readsOnly: true }));
}

/**
 * Plays the main job on an embedded Step Functions in a temporary file: start, find, answer, expire. On a terminal the person answers,
 * elsewhere the demo does. It never touches the user's own file, account or remembered ids. The story goes to stdout, as the result.
 */
export async function demo(context: Context): Promise<number> {
  const file = join(await context.files.temporaryFolder(), "demo.db");
  await using server = await context.serveLocal({ file, port: 0 });
  await using connection = await context.connect({ local: true, localFile: file });
  const play = new Play(context, connection, server);
  await play.deployAndStart();
  await play.listPending();
  const ended = await play.answerAll();
  await context.terminal.result({ executions: ended.map(toJson) }, () => [
    "",
    bold("How they ended, as AWS spells it:"),
    ...endings(context, ended),
    "",
    ...nextCommands(context.clock.now()),
  ]);
  return 0;
}

class Play {
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #server: LocalServer;
  readonly #started: Started[] = [];

  constructor(context: Context, connection: Connection, server: LocalServer) {
    this.#context = context;
    this.#connection = connection;
    this.#server = server;
  }

  async deployAndStart(): Promise<void> {
    await this.#step("Deploy the example: two state machines, each with a task that waits for an answer.", "deploy-example --local");
    await createMachines(this.#connection.stepFunctions, exampleMachines);
    await this.#step(
      "Start executions. Each runs up to its callback task and waits there.",
      `start approval --local --name order-17 --input '{"order":17}' --until waiting`,
    );
    for (const order of [17, 18, 19]) await this.#start("approval", { order }, `order ${order}`);
    for (const guess of ["heads", "tails"]) await this.#start("random", { guess }, guess);
  }

  async listPending(): Promise<void> {
    await this.#step("List what waits. No AWS API does this; each task gets a short id, nobody handles a token.", "pending --local");
    const now = this.#server.now().getTime();
    await this.#say([
      ...this.#context.terminal.table(
        [
          { header: "TASK", cell: ({ arn, task }: Started) => cyan(taskId(arn, task.eventId)), whole: true },
          { header: "MACHINE", cell: ({ machine }) => machine },
          { header: "STATE", cell: ({ task }) => task.state },
          { header: "ASKS", cell: ({ task }) => task.input ?? "" },
          { header: "EXPIRES IN", cell: ({ task }) => timeLeft(task, now) },
        ],
        this.#started,
      ),
    ]);
  }

  async answerAll(): Promise<Ended[]> {
    const [first, second, third, heads, tails] = this.#started;
    if (!first || !second || !third || !heads || !tails) throw new Error("the demo did not start its five executions");
    const ended: Ended[] = [];
    ended.push(await this.#approveOrReject(first, true), await this.#approveOrReject(second, false));
    await this.#step(
      "The machine `random` hands its task to a function, which answers success or failure. Both ways:",
      `succeed ${taskId(heads.arn, heads.task.eventId)} --local --output '{"coin":"heads"}'`,
      { and: `fail ${taskId(tails.arn, tails.task.eventId)} --local --error Tails --cause 'the coin fell on tails'` },
    );
    ended.push(await this.#answer(heads, "answered success", { kind: "success", output: '{"coin":"heads"}' }));
    ended.push(await this.#answer(tails, "answered failure", { kind: "failure", error: "Tails", cause: "the coin fell on tails" }));
    ended.push(await this.#expire(third));
    return ended;
  }

  async #start(machine: string, input: object, about: string): Promise<void> {
    const { stepFunctions } = this.#connection;
    const stateMachineArn = await machineArn(stepFunctions, machine);
    const { arn } = await stepFunctions.startExecution({ stateMachineArn, input: JSON.stringify(input), name: about.replace(" ", "-") });
    const { waiting, execution } = await this.#watch(arn, "waiting");
    const task = waiting[0]?.task;
    if (task === undefined) throw new CliError("failure", `the execution ${arn} does not wait; it is ${execution.status}`);
    if (task.taskToken !== null) this.#context.terminal.hide(task.taskToken);
    this.#started.push({ arn, machine, about, task });
    await this.#say([["  started ", bold(`${machine}/${about.replace(" ", "-")}`)]]);
  }

  async #approveOrReject(started: Started, suggestion: boolean): Promise<Ended> {
    const id = taskId(started.arn, started.task.eventId);
    const approve = `succeed ${id} --local --output '{"approved":true}'`;
    const reject = `fail ${id} --local --error Rejected --cause 'too expensive'`;
    await this.#step(
      `Answer ${started.about}: approve it with an output, or reject it with an error and a cause.`,
      suggestion ? approve : reject,
      { or: suggestion ? reject : approve },
    );
    const approved = await this.#decide(started, suggestion);
    if (approved) return this.#answer(started, "approved", { kind: "success", output: '{"approved":true}' });
    return this.#answer(started, "rejected", { kind: "failure", error: "Rejected", cause: "too expensive" });
  }

  async #decide(started: Started, suggestion: boolean): Promise<boolean> {
    const { terminal, prompts } = this.#context;
    if (!terminal.interactive) return suggestion;
    const choices = [
      { value: "approve", name: "Approve" },
      { value: "reject", name: "Reject" },
    ] as const;
    const ordered = suggestion ? choices : [...choices].reverse();
    return (await prompts.select(`${started.about} waits for you:`, ordered)) === "approve";
  }

  async #answer(started: Started, did: string, answer: Answer): Promise<Ended> {
    const { stepFunctions } = this.#connection;
    const { arn, task } = started;
    // Not lookUp, which would remember the id: the user's own index is none of the demo's.
    const found = { executionArn: arn, task, events: await readHistory(stepFunctions, arn) };
    const result = await answerTask({ stepFunctions, clock: this.#context.clock, signal: this.#context.signal }, found, answer);
    return this.#ending(started, did, result.outcome);
  }

  async #expire(started: Started): Promise<Ended> {
    await this.#step(
      `Nobody answers ${started.about}. A day without a heartbeat gives it up; the local clock can be moved on:`,
      "local advance 25h",
    );
    await this.#server.advance(25 * 3_600_000);
    return this.#ending(started, "left alone", "expired");
  }

  async #ending(started: Started, did: string, outcome: Ended["outcome"]): Promise<Ended> {
    const { execution } = await this.#watch(started.arn, "ended");
    await this.#say([["  ", started.about, ` ${did}: `, bold(outcome), ", the execution is ", status(execution)]]);
    return { started, did, outcome, execution };
  }

  #watch(executionArn: string, until: Until): Promise<Watched> {
    const watching = { executionArn, until, timeoutMilliseconds: 5_000, isMeant: () => true, looksInside: false };
    return watch(this.#context, this.#connection, watching);
  }

  /** `other` is a second command: another choice, or done as well. */
  async #step(what: string, command: string, other?: { readonly or: string } | { readonly and: string }): Promise<void> {
    const second = other === undefined ? [] : ["or" in other ? `or:      sfn-callback ${other.or}` : `and:     sfn-callback ${other.and}`];
    await this.#say(["", bold(what), ...[`same as: sfn-callback ${command}`, ...second].map((line) => dim(["  ", line]))]);
  }

  // The story is told as it happens; under --json the result alone is on stdout.
  async #say(lines: readonly Text[]): Promise<void> {
    if (this.#context.terminal.format === "human") await this.#context.terminal.result(null, () => lines);
  }
}

function timeLeft(task: CallbackTask, now: number): string {
  return task.timeoutAt === null ? "-" : formatSpan(task.timeoutAt.getTime() - now);
}

function status({ status }: Execution): Text {
  return status === "SUCCEEDED" ? green(status) : status === "FAILED" ? red(status) : yellow(status);
}

function endings(context: Context, ended: readonly Ended[]): Iterable<Text> {
  return context.terminal.table(
    [
      { header: "EXECUTION", cell: ({ started }: Ended) => `${started.machine}/${started.about.replace(" ", "-")}` },
      { header: "ANSWER", cell: ({ did }) => did },
      { header: "OUTCOME", cell: ({ outcome }) => outcome },
      { header: "STATUS", cell: ({ execution }) => status(execution) },
      { header: "RESULT", cell: ({ execution }) => execution.output ?? execution.error ?? "" },
    ],
    ended,
  );
}

// Meant to be pasted one by one: no <placeholder> (a redirection to the shell), and a name of its own for each demo, since
// a closed execution's name cannot be used again.
function nextCommands(now: Date): Text[] {
  const name = `order-${Math.floor(now.getTime() / 1000).toString(36)}`;
  const commands = [
    ["deploy it to stay, on this machine", "deploy-example --local"],
    ["start an execution", `start approval --local --name ${name} --input '{"order":17}' --until waiting`],
    ["see it wait", "pending --local"],
    ["approve it", `succeed approval/${name} --local --output '{"approved":true}'`],
    ["look at your own AWS account", "pending"],
  ] as const;
  return [
    bold("Next, for yourself:"),
    ...commands.flatMap(([why, command]): Text[] => [dim(`  ${why}:`), ["    ", cyan(`npx sfn-callback ${command}`)]]),
  ];
}

function toJson({ started, did, outcome, execution }: Ended): unknown {
  const { arn, status, output, error, cause } = execution;
  return { executionArn: arn, stateMachineName: started.machine, answer: did, outcome, status, output, error, cause };
}
