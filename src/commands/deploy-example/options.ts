import { usageError } from "../../errors.ts";
import type { ExampleName } from "../../example/definitions.ts";
import type { ProjectOptions, Runtime, Tool } from "../../example/eject/project.ts";
import { choiceOption, flagOf, textOption } from "../parsed-options.ts";

/** What is deployed, and how. */
export interface DeployOptions {
  readonly machines: readonly ExampleName[];
  readonly stackName: string;
  /** Null where none were given: a stack then keeps those it has. */
  readonly tags: Readonly<Record<string, string>> | null;
  readonly roleArn: string | undefined;
  readonly permissionsBoundary: string | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export interface DeleteOptions {
  readonly stackName: string;
  readonly stopExecutions: boolean;
  readonly yes: boolean;
}

const tools: readonly Tool[] = ["cloudformation", "sam", "serverless", "cdk"];
const runtimes: readonly Runtime[] = ["nodejs", "ruby"];

export interface EjectOptions extends ProjectOptions {
  readonly folder: string;
  readonly force: boolean;
}

export type Wanted =
  | { readonly act: "deploy"; readonly options: DeployOptions }
  | { readonly act: "delete"; readonly options: DeleteOptions }
  | { readonly act: "print"; readonly options: DeployOptions }
  | { readonly act: "eject"; readonly options: EjectOptions };

const defaultStackName = "sfn-callback-example";

/** A function's name has 64 characters at most and ends in `-random`. */
const longestStackName = 57;

/** What the command line asks for; a usage error where that cannot be meant. */
export function wanted(given: Record<string, unknown>): Wanted {
  const acts = (["delete", "print", "eject"] as const).filter((act) => given[act] !== undefined);
  if (acts.length > 1) throw usageError(`--${acts[0]} and --${acts[1]} are two different things to do`, "give one of them");
  const [act = "deploy"] = acts;
  refuseForeign(given, act);
  if (act === "eject") return { act, options: ejectOptions(given) };
  const [stackName, yes] = [stackNameOf(given), given["yes"] === true];
  if (act === "delete") return { act, options: { stackName, yes, stopExecutions: given["stopExecutions"] === true } };
  const roleArn = arnOption(given, "roleArn", /^arn:[\w-]+:iam::\d{12}:role\/.+$/);
  const permissionsBoundary = boundaryOf(given);
  if (roleArn !== undefined && permissionsBoundary !== undefined)
    throw usageError("--permissions-boundary is for roles that are created, and with --role-arn none is", "give one of them");
  const options = { machines: machinesOf(given), stackName, yes, tags: tagsOf(given), roleArn, permissionsBoundary };
  return { act, options: { ...options, dryRun: given["dryRun"] === true } };
}

/** Which options go with what is done; the others would be left out without a word. */
const goWith: Readonly<Record<string, readonly Wanted["act"][]>> = {
  template: ["deploy", "print", "eject"],
  stackName: ["deploy", "delete"],
  tags: ["deploy"],
  roleArn: ["deploy", "print"],
  permissionsBoundary: ["deploy", "print"],
  dryRun: ["deploy"],
  stopExecutions: ["delete"],
  as: ["eject"],
  runtime: ["eject"],
  force: ["eject"],
};

function refuseForeign(given: Record<string, unknown>, act: Wanted["act"]): void {
  for (const [name, acts] of Object.entries(goWith)) {
    if (given[name] === undefined || acts.includes(act)) continue;
    const option = flagOf(name);
    if (act === "deploy") throw usageError(`${option} is for --${acts[0]}`, `add --${acts[0]}${acts[0] === "eject" ? " <folder>" : ""}`);
    throw usageError(`${option} is of no use with --${act}`, `leave ${option} out`);
  }
}

function machinesOf(given: Record<string, unknown>): readonly ExampleName[] {
  const template = choiceOption(given, "template", ["random", "approval", "all"]) ?? "all";
  return template === "all" ? ["random", "approval"] : [template];
}

/** --stack-name, or the example's own. */
export function stackNameOf(given: Record<string, unknown>): string {
  const name = textOption(given, "stackName") ?? defaultStackName;
  if (!/^[a-zA-Z][a-zA-Z0-9-]*$/.test(name))
    throw usageError(
      `--stack-name ${JSON.stringify(name)} is not the name of a stack`,
      "it begins with a letter and holds letters, digits and hyphens only",
    );
  if (name.length > longestStackName)
    throw usageError(`--stack-name has ${name.length} characters; the names made of it allow ${longestStackName}`);
  return name;
}

/** --permissions-boundary, the ARN of a managed policy. */
export function boundaryOf(given: Record<string, unknown>): string | undefined {
  return arnOption(given, "permissionsBoundary", /^arn:[\w-]+:iam::(\d{12}|aws):policy\/.+$/);
}

function arnOption(given: Record<string, unknown>, name: string, form: RegExp): string | undefined {
  const arn = textOption(given, name);
  if (arn !== undefined && !form.test(arn))
    throw usageError(
      `${flagOf(name)} ${JSON.stringify(arn)} is not the ARN of a ${name === "roleArn" ? "role" : "managed policy"}`,
      `it looks like arn:aws:iam::123456789012:${name === "roleArn" ? "role" : "policy"}/name`,
    );
  return arn;
}

/** AWS takes 50 tags; one is ours (API reference of CreateChangeSet, tag). */
const mostTags = 49;

function tagsOf(given: Record<string, unknown>): Readonly<Record<string, string>> | null {
  const texts = given["tags"];
  if (!Array.isArray(texts)) return null;
  const tags = new Map<string, string>();
  for (const text of texts.map(String)) {
    const equals = text.indexOf("=");
    const [key, value] = [text.slice(0, Math.max(equals, 0)), text.slice(equals + 1)];
    if (key === "" || /^Key=/.test(text))
      throw usageError(`--tags ${JSON.stringify(text)} is not key=value`, "for example: --tags team=orders");
    if (/^aws:/i.test(key)) throw usageError(`--tags ${JSON.stringify(text)}: keys that begin with aws: are AWS's own`);
    if (key.length > 128 || value.length > 256) throw usageError(`--tags ${key}: a key has 128 characters at most, a value 256`);
    if (tags.has(key)) throw usageError(`--tags ${key} is given twice`);
    tags.set(key, value);
  }
  if (tags.size > mostTags) throw usageError(`--tags is given ${tags.size} times; ${mostTags} are allowed`);
  return Object.fromEntries(tags);
}

function ejectOptions(given: Record<string, unknown>): EjectOptions {
  const [folder, tool, runtime] = [
    textOption(given, "eject") ?? "",
    choiceOption(given, "as", tools),
    choiceOption(given, "runtime", runtimes),
  ];
  if (folder === "") throw usageError("--eject is empty", "name a folder: --eject callback-example");
  if (tool === undefined) throw usageError("--eject needs the tool to write for", "add --as cloudformation, sam, serverless or cdk");
  if (runtime !== undefined && tool !== "serverless") throw usageError("--runtime is for --as serverless", "leave it out");
  return { machines: machinesOf(given), folder, tool, runtime: runtime ?? "nodejs", force: given["force"] === true };
}
