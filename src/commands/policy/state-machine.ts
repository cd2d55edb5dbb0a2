import { usageError } from "../../errors.ts";
import { logDelivery, type Statement } from "../../example/permissions.ts";
import { allow, type PolicyParts } from "./people.ts";
import type { Scope } from "./scope.ts";

/** What the role of a state machine needs for the calls of its states: those of a definition, or of the example's machines. */
export function stateMachinePolicy(scope: Scope, stackName: string, definition: string | null): PolicyParts {
  const { partition, region, account } = scope;
  const logs = {
    cannotRestrict: ["Delivering logs to CloudWatch Logs (DeliverLogs) takes no resource; without logging the statement is not needed."],
  };
  if (definition === null) {
    return {
      statements: [
        allow("AskTheFunction", ["lambda:InvokeFunction"], [`arn:${partition}:lambda:${region}:${account}:function:${stackName}-random`]),
        allow("SendRequests", ["sqs:SendMessage"], [`arn:${partition}:sqs:${region}:${account}:${stackName}-approval`]),
        logDelivery,
      ],
      cannotRestrict: [
        "A role cannot be held to one state of its machine, nor to the message or payload that is sent.",
        "The answer needs no right of the state machine's: who answers needs it (policy worker, policy approver).",
        ...logs.cannotRestrict,
      ],
    };
  }
  const calls = callsOf(definition);
  const needs = calls.map((call) => ({ call, need: needOf(call, scope) }));
  const open = needs.filter(({ need }) => need === null || need.resource === "*");
  return {
    statements: [...merged(needs.flatMap(({ need }) => (need === null ? [] : [need]))), logDelivery],
    cannotRestrict: [
      ...open.map(({ call, need }) =>
        need === null
          ? `The state ${call.state} (${call.resource}) is not covered: see the Step Functions Developer Guide for its integration.`
          : `The state ${call.state} gets ${need.actions.join(", ")} on "*": the definition does not say on what, or the action is not known here to take a resource.`,
      ),
      ...(calls.some(({ runAs }) => runAs)
        ? ["States with Credentials need sts:AssumeRole on the role that they name, which is not in it."]
        : []),
      ...logs.cannotRestrict,
    ],
  };
}

/** A call that a state makes. */
interface Call {
  readonly state: string;
  readonly resource: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly runAs: boolean;
}

interface Need {
  readonly actions: readonly string[];
  readonly resource: string;
}

function callsOf(text: string): Call[] {
  let machine: unknown;
  try {
    machine = JSON.parse(text);
  } catch {
    throw usageError("--definition is not JSON", "a definition in YAML is to be turned into JSON first");
  }
  if (!isObject(machine) || !isObject(machine["States"])) throw usageError("--definition is no state machine: it has no States");
  const calls: Call[] = [];
  collect(machine, calls);
  return calls;
}

function collect(machine: unknown, calls: Call[]): void {
  if (!isObject(machine) || !isObject(machine["States"])) return;
  for (const [state, each] of Object.entries(machine["States"])) {
    if (!isObject(each)) continue;
    const { Resource: resource, Parameters, Arguments } = each;
    const parameters = Parameters ?? Arguments;
    if (typeof resource === "string")
      calls.push({ state, resource, parameters: isObject(parameters) ? parameters : {}, runAs: each["Credentials"] !== undefined });
    for (const branch of Array.isArray(each["Branches"]) ? each["Branches"] : []) collect(branch, calls);
    collect(each["ItemProcessor"] ?? each["Iterator"], calls);
  }
}

/** Null where this page of AWS's documentation would have to be written again: jobs that are waited for (`.sync`), HTTP tasks. */
function needOf({ resource, parameters }: Call, scope: Scope): Need | null {
  const integration = /^arn:[\w-]+:states:::(.+?)(\.waitForTaskToken)?$/.exec(resource)?.[1];
  const text = (name: string): string | null => {
    const value = parameters[name];
    return typeof value === "string" && !value.startsWith("{%") ? value : null;
  };
  if (integration === undefined) {
    // A function's own ARN; an activity needs no right of the role's.
    if (/:lambda:.*:function:/.test(resource)) return { actions: ["lambda:InvokeFunction"], resource };
    return /:activity:/.test(resource) ? { actions: [], resource } : null;
  }
  const on = (action: string, arn: string | null): Need => ({ actions: [action], resource: arn ?? "*" });
  switch (integration) {
    case "lambda:invoke":
      return on("lambda:InvokeFunction", functionArn(text("FunctionName"), scope));
    case "sqs:sendMessage":
      return on("sqs:SendMessage", queueArn(text("QueueUrl"), scope));
    case "sns:publish":
      return on("sns:Publish", text("TopicArn"));
    case "events:putEvents":
      return on("events:PutEvents", null);
    case "states:startExecution":
      return on("states:StartExecution", text("StateMachineArn"));
    default: {
      const [, service, action] = /^aws-sdk:([a-z0-9]+):(\w+)$/.exec(integration) ?? [];
      if (service === undefined || action === undefined) return null;
      return on(`${iamPrefixes[service] ?? service}:${action.charAt(0).toUpperCase()}${action.slice(1)}`, null);
    }
  }
}

/** Services whose name in IAM is not that of their SDK. */
const iamPrefixes: Readonly<Record<string, string>> = {
  sfn: "states",
  cloudwatchlogs: "logs",
  eventbridge: "events",
  sesv2: "ses",
  cognitoidentityprovider: "cognito-idp",
  elasticloadbalancingv2: "elasticloadbalancing",
};

/** A name, or an ARN whole or in parts, as FunctionName takes it. */
function functionArn(name: string | null, { partition, region, account }: Scope): string | null {
  if (name === null || name.startsWith("arn:")) return name;
  return /^[\w-]+$/.test(name) ? `arn:${partition}:lambda:${region}:${account}:function:${name}` : null;
}

function queueArn(url: string | null, { partition }: Scope): string | null {
  const [, region, account, name] = /^https:\/\/sqs\.([\w-]+)\.[^/]+\/(\d{12})\/([\w.-]+)$/.exec(url ?? "") ?? [];
  return region === undefined ? null : `arn:${partition}:sqs:${region}:${account}:${name}`;
}

/** One statement for all resources of an action. */
function merged(needs: readonly Need[]): Statement[] {
  const resources = new Map<string, Set<string>>();
  for (const { actions, resource } of needs) {
    for (const action of actions) resources.set(action, (resources.get(action) ?? new Set()).add(resource));
  }
  return [...resources].map(([action, on]) => allow(sid(action), [action], on.has("*") ? "*" : [...on]));
}

function sid(action: string): string {
  return action.replace(/(^|[^a-zA-Z0-9])([a-zA-Z0-9])/g, (_, __, letter: string) => letter.toUpperCase());
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
