import { repairToken } from "../callback/task-token.ts";
import type { Environment, Files, Place, RememberedTask, TaskIndex, Terminal } from "../context.ts";
import { usageError } from "../errors.ts";

/** What a user may say to name a task, besides the word itself. */
export interface TaskOptions {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly tokenEnv?: string;
  readonly execution?: string;
  readonly state?: string;
  readonly index?: number;
}

/** What the user's words mean, before AWS is asked anything. An `eventId` of null means the whole execution. */
export type Reference =
  | { readonly kind: "token"; readonly token: string; readonly execution: ExecutionName | null }
  | { readonly kind: "address"; readonly execution: ExecutionName; readonly eventId: number | null }
  | { readonly kind: "id"; readonly prefix: string };

/** An execution by its ARN, or by its machine's name and its own. */
export type ExecutionName = { readonly arn: string } | { readonly machine: string; readonly name: string };

interface Sources {
  readonly terminal: Terminal;
  readonly environment: Environment;
  readonly files: Files;
}

const executionArnPattern = /^arn:[^:\s]+:states:[^:\s]+:\d{12}:execution:[^:\s]+:[^:\s]+$/;

/** Reads `<task>` or a token from wherever it was given. Throws a usage error; calls nothing but files, environment and stdin. */
export async function readReference(sources: Sources, word: string | undefined, options: TaskOptions): Promise<Reference> {
  const given = [options.token, options.tokenFile, options.tokenEnv].filter((value) => value !== undefined).length;
  if (given > 1) throw usageError("give one of --token, --token-file and --token-env, not several");
  if (word !== undefined && given === 1) throw usageError("give either a <task> or a token, not both");
  if (word !== undefined) return parseWord(word);
  const token = await readToken(sources, options);
  if (token === undefined) {
    if (options.execution !== undefined) return { kind: "address", execution: parseExecution(options.execution), eventId: null };
    throw usageError("which task? none was named", "give a task id; `sfn-callback pending` lists them. Or --token-file <file>");
  }
  return { kind: "token", token, execution: options.execution === undefined ? null : parseExecution(options.execution) };
}

async function readToken({ terminal, environment, files }: Sources, options: TaskOptions): Promise<string | undefined> {
  if (options.token === "-") return cleanToken(terminal, await files.readStdin(), "standard input");
  if (options.token !== undefined) {
    const token = cleanToken(terminal, options.token, "--token");
    terminal.warn("a token on the command line can be seen by other users of this machine; --token-file, --token - or --token-env hide it");
    return token;
  }
  if (options.tokenFile !== undefined) return cleanToken(terminal, await files.read(options.tokenFile), options.tokenFile);
  if (options.tokenEnv !== undefined) {
    const value = environment[options.tokenEnv];
    if (value === undefined) throw usageError(`the environment variable ${options.tokenEnv} is not set`);
    return cleanToken(terminal, value, options.tokenEnv);
  }
  const value = environment["SFN_CALLBACK_TOKEN"];
  return value === undefined ? undefined : cleanToken(terminal, value, "SFN_CALLBACK_TOKEN");
}

function cleanToken(terminal: Terminal, text: string, source: string): string {
  if (text.trim() !== "") terminal.hide(text.trim());
  const token = repairToken(text);
  if (token === "") throw usageError(`the token in ${source} is empty`);
  terminal.hide(token);
  return token;
}

/** Reads `<task>` or `<execution>`: an ARN, `<machine>/<name>`, either with `#<event id>`, or else a task id. */
export function parseWord(word: string): Reference {
  const text = word.trim();
  if (text === "") throw usageError("the task is empty", "`sfn-callback pending` lists the waiting tasks");
  const hash = text.lastIndexOf("#");
  const isPlace = text.startsWith("arn:") || text.includes("/");
  if (!isPlace && hash === -1) return { kind: "id", prefix: text };
  if (hash === -1) return { kind: "address", execution: parseExecution(text), eventId: null };
  const eventText = text.slice(hash + 1);
  if (!/^[1-9]\d{0,5}$/.test(eventText)) throw usageError(`"${eventText}" is not an event id`, "an address is <execution ARN>#<event id>");
  return { kind: "address", execution: parseExecution(text.slice(0, hash)), eventId: Number(eventText) };
}

/** Reads an execution's ARN or `<machine>/<name>`. */
function parseExecution(text: string): ExecutionName {
  if (executionArnPattern.test(text)) return { arn: text };
  if (text.startsWith("arn:")) {
    const hint = "an execution ARN is arn:aws:states:<region>:<account>:execution:<state machine>:<name>";
    throw usageError(`${text} is not the ARN of a STANDARD execution`, hint);
  }
  const slash = text.lastIndexOf("/");
  const machine = text.slice(0, Math.max(slash, 0));
  const name = text.slice(slash + 1);
  if (machine === "" || name === "") throw usageError(`${text} is neither an execution ARN nor <state-machine>/<execution-name>`);
  return { machine, name };
}

/** The remembered tasks a prefix means at the present place; throws a usage error where it was only seen through another connection. */
export async function recall(taskIndex: TaskIndex, place: Place, prefix: string): Promise<readonly RememberedTask[]> {
  const all = await taskIndex.find(prefix);
  const here = all.filter((task) => samePlace(task.place, place));
  const elsewhere = all[0];
  if (here.length === 0 && elsewhere !== undefined) {
    const hint = `add ${connectionWords(elsewhere.place)}`;
    throw usageError(`the task ${elsewhere.id} was seen through another connection (${describePlace(elsewhere.place)})`, hint);
  }
  const unique = new Map(here.map((task) => [`${task.executionArn}#${task.eventId}`, task]));
  const exact = [...unique.values()].filter((task) => task.id === prefix.toLowerCase());
  return exact.length > 0 ? exact : [...unique.values()];
}

function samePlace(one: Place, other: Place): boolean {
  if (one.kind === "local" && other.kind === "local") return one.file === other.file;
  if (one.kind === "endpoint" && other.kind === "endpoint") {
    return one.endpointUrl === other.endpointUrl && one.region === other.region && one.profile === other.profile;
  }
  return one.kind === "aws" && other.kind === "aws" && one.region === other.region && one.profile === other.profile;
}

function describePlace(place: Place): string {
  if (place.kind === "local") return `the local file ${place.file}`;
  const profile = place.profile === null ? "no profile" : `profile ${place.profile}`;
  return place.kind === "aws" ? `AWS, ${profile}, ${place.region}` : `${place.endpointUrl}, ${profile}, ${place.region}`;
}

/** The connection options that lead to a place. */
function connectionWords(place: Place): string {
  if (place.kind === "local") return `--local-file ${place.file}`;
  const words = place.profile === null ? [] : [`--profile ${place.profile}`];
  words.push(`--region ${place.region}`);
  if (place.kind === "endpoint") words.push(`--endpoint-url ${place.endpointUrl}`);
  return words.join(" ");
}
