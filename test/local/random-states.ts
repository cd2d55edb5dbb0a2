import { callbackResource, machine } from "./peer.ts";
import type { Block, Language, MockResult, Rules } from "./random-definition.ts";

/** The activities that its tasks may be for. */
export const activityNames = ["worker-0", "worker-1"];

/** A definition with what has to be around it: its mocked results by state name. */
export interface RandomMachine {
  readonly definition: object;
  readonly mocks: Readonly<Record<string, readonly MockResult[]>>;
}

/** The definition that the lines come to; the same blocks always give the same one. */
export function machineOf(line: readonly Block[], wholeLanguage: Language, timeoutSeconds: number | null): RandomMachine {
  const writer = new Writer(wholeLanguage);
  const { States } = writer.line(line, []);
  const more = { QueryLanguage: wholeLanguage, ...(timeoutSeconds === null ? {} : { TimeoutSeconds: timeoutSeconds }) };
  return { definition: machine(States, more), mocks: writer.mocks };
}

interface Graph {
  readonly StartAt: string;
  readonly States: Record<string, object>;
}

/** Where a block stands: the state after it, the last one of its line, and the variables that it can read. */
interface Place {
  readonly name: string;
  readonly next: string;
  readonly end: string;
  readonly variables: readonly string[];
}

class Writer {
  readonly mocks: Record<string, readonly MockResult[]> = {};
  readonly #whole: Language;
  #names = 0;

  constructor(whole: Language) {
    this.#whole = whole;
  }

  line(blocksOfLine: readonly Block[], outer: readonly string[]): Graph {
    const names = blocksOfLine.map((block) => `${block.kind}${this.#number()}`);
    const end = `end${this.#number()}`;
    const States: Record<string, object> = {};
    const variables = [...outer];
    for (const [index, block] of blocksOfLine.entries()) {
      const name = names[index] ?? end;
      const place = { name, next: names[index + 1] ?? end, end, variables: [...variables] };
      Object.assign(States, this.#states(block, place));
      if ("assigns" in block && block.assigns) variables.push(variableOf(name));
    }
    return { StartAt: names[0] ?? end, States: { ...States, [end]: { Type: "Pass", End: true } } };
  }

  #number(): number {
    this.#names += 1;
    return this.#names;
  }

  #states(block: Block, place: Place): Record<string, object> {
    const asked = this.#whole === "JSONata" ? "JSONata" : block.language;
    const head = { QueryLanguage: asked };
    const { name, next } = place;
    const Next = next;
    switch (block.kind) {
      case "pass":
        return { [name]: { ...head, ...passFields(block.value, asked, place), ...assigned(block.assigns, asked, name, "input"), Next } };
      case "wait": {
        const Seconds = asked === "JSONata" ? `{% ${block.seconds} + 0 %}` : block.seconds;
        return { [name]: { ...head, Type: "Wait", Seconds, Next } };
      }
      case "fork":
        return forkStates(block, asked, place);
      case "task":
        if (block.by === "lambda" && block.mocks.length > 0) this.mocks[name] = block.mocks;
        return { [name]: { ...head, ...taskFields(block, asked, place), Next } };
      case "parallel": {
        const Branches = block.branches.map((branch) => this.line(branch, place.variables));
        return { [name]: { ...head, Type: "Parallel", Branches, ...ruleFields(block.rules, asked, place), Next } };
      }
      case "map":
        return this.#mapStates(block, asked, place);
    }
  }

  #mapStates(block: Block & { kind: "map" }, asked: Language, place: Place): Record<string, object> {
    const { name, next: Next } = place;
    const inner = this.line(block.line, block.isDistributed ? [] : place.variables);
    const Mode = block.isDistributed ? { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } : { Mode: "INLINE" };
    const isPath = asked === "JSONPath";
    const selector = isPath
      ? { "i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value" }
      : { i: "{% $states.context.Map.Item.Index %}", v: "{% $states.context.Map.Item.Value %}" };
    const mapName = isPath ? `items${this.#number()}` : name;
    const map = {
      QueryLanguage: asked,
      Type: "Map",
      ItemProcessor: { ProcessorConfig: Mode, ...inner },
      MaxConcurrency: block.maxConcurrency,
      ...(block.selects ? { ItemSelector: selector } : {}),
      ...(block.isDistributed ? { Label: name } : {}),
      ...(block.isDistributed && block.tolerated !== null ? { ToleratedFailureCount: block.tolerated } : {}),
      ...this.#itemFields(block, isPath, mapName),
      ...ruleFields(block.rules, asked, place),
      Next,
    };
    if (!isPath) return { [name]: map };
    return { [name]: { Type: "Pass", Result: block.items, Next: mapName }, [mapName]: map };
  }

  #itemFields({ isDistributed, reads, items }: Block & { kind: "map" }, isPath: boolean, name: string): object {
    if (!isDistributed || !reads) return isPath ? { ItemsPath: "$" } : { Items: literal(items) };
    // A second time it fails, as it does for good from the fourth on, which is not mocked.
    const failed = { Throw: { Error: "S3.NoSuchKey", Cause: "mocked" } };
    this.mocks[name] = [{ Return: items }, failed, { Return: items }];
    const place = { Bucket: "b", Key: "k" };
    return { ItemReader: { Resource: "arn:aws:states:::s3:getObject", ...(isPath ? { Parameters: place } : { Arguments: place }) } };
  }
}

/** A variable's name, after the state that assigns it: no two scopes have the same one. */
function variableOf(name: string): string {
  return `of_${name}`;
}

function assigned(isWanted: boolean, asked: Language, name: string, what: "input" | "result"): object {
  if (!isWanted) return {};
  const variable = variableOf(name);
  return { Assign: asked === "JSONPath" ? { [`${variable}.$`]: "$" } : { [variable]: `{% $states.${what} %}` } };
}

function passFields(value: unknown, asked: Language, { variables }: Place): object {
  const seen = variables.at(-1);
  if (asked === "JSONPath") {
    const Parameters = { "was.$": "$", ...(seen === undefined ? {} : { "seen.$": `$${seen}` }) };
    return { Type: "Pass", ...(typeof value === "object" ? { Parameters } : { Result: value }) };
  }
  const Output = { was: "{% $states.input %}", ...(seen === undefined ? {} : { seen: `{% $${seen} %}` }) };
  return { Type: "Pass", ...(typeof value === "boolean" ? {} : { Output }) };
}

function forkStates(block: Block & { kind: "fork" }, asked: Language, { name, next, end }: Place): Record<string, object> {
  const Next = block.to === "Fail" ? `${name}Fail` : end;
  const test = `Is${block.type === "null" ? "Null" : block.type === "number" ? "Numeric" : block.type === "string" ? "String" : "Boolean"}`;
  const rule =
    asked === "JSONPath" ? { Variable: "$", [test]: true, Next } : { Condition: `{% $type($states.input) = '${block.type}' %}`, Next };
  const choice = { QueryLanguage: asked, Type: "Choice", Choices: [rule], Default: next };
  if (block.to === "End") return { [name]: choice };
  return { [name]: choice, [Next]: { Type: "Fail", Error: "Refused", Cause: `a ${block.type}` } };
}

function taskFields(block: Block & { kind: "task" }, asked: Language, place: Place): object {
  const { by, timeout, heartbeat, keepsInput } = block;
  const isPath = asked === "JSONPath";
  const [resource, sent] = taskCall(by, isPath, place);
  const limits = {
    ...(timeout === null ? {} : { TimeoutSeconds: isPath ? timeout : `{% ${timeout} + 0 %}` }),
    ...(heartbeat === null ? {} : { HeartbeatSeconds: heartbeat }),
  };
  const kept = isPath ? { ResultPath: null } : { Output: "{% $states.input %}" };
  return {
    Type: "Task",
    Resource: resource,
    ...(isPath ? { Parameters: sent } : { Arguments: sent }),
    ...limits,
    ...(keepsInput ? kept : {}),
    ...assigned(block.assigns, asked, place.name, "result"),
    ...ruleFields(block.rules, asked, place),
  };
}

/** The resource, and what is sent to it: what the outside decides by, with the token where there is one to send. */
function taskCall(by: "callback" | "lambda" | "activity", isPath: boolean, { name, variables }: Place): readonly [string, object] {
  const seen = variables.at(-1);
  const told = isPath
    ? { Name: name, "Input.$": "$", "Retry.$": "$$.State.RetryCount", ...(seen === undefined ? {} : { "Seen.$": `$${seen}` }) }
    : {
        Name: name,
        Input: "{% $states.input %}",
        Retry: "{% $states.context.State.RetryCount %}",
        ...(seen === undefined ? {} : { Seen: `{% $${seen} %}` }),
      };
  const activity = activityNames[name.length % activityNames.length];
  if (by === "activity") return [`arn:aws:states:us-east-1:123456789012:activity:${activity}`, told];
  if (by === "lambda") return ["arn:aws:lambda:us-east-1:123456789012:function:f", told];
  const token = isPath ? { "Token.$": "$$.Task.Token" } : { Token: "{% $states.context.Task.Token %}" };
  return [callbackResource, { QueueUrl: "queue", MessageBody: { ...told, ...token } }];
}

function ruleFields({ retry, caught }: Rules, asked: Language, { end }: Place): object {
  const Retry = retry && [
    { ErrorEquals: [retry.error], IntervalSeconds: retry.interval, MaxAttempts: retry.attempts, BackoffRate: retry.rate },
  ];
  const noted = asked === "JSONPath" ? { ResultPath: "$" } : { Output: { caught: "{% $states.errorOutput %}" } };
  return { ...(Retry === null ? {} : { Retry }), ...(caught === null ? {} : { Catch: [{ ErrorEquals: [caught], ...noted, Next: end }] }) };
}

/** Texts that look like expressions would be some. */
function literal(items: readonly unknown[]): readonly unknown[] {
  return items.map((item) => (JSON.stringify(item).includes("{%") ? null : item));
}
