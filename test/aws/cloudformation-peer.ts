import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parse } from "yaml";

/** What goes wrong in the account. */
export interface Trouble {
  /** Operations that are denied. */
  readonly denied?: readonly string[];
  /** A resource that cannot be created, and why. */
  readonly failing?: { readonly logicalId: string; readonly reason: string };
  /** What is left of a stack that could not be created: nothing, or the empty stack. */
  readonly onFailure?: "deleted" | "rolledBack";
  /** A resource that cannot be deleted, and why. */
  readonly staying?: { readonly logicalId: string; readonly reason: string };
  /** Why no change set can be reckoned. */
  readonly changeSetFails?: string;
  /** Told of each request before it is answered, which a promise holds back. */
  onRequest?(operation: string): unknown;
  readonly executions?: readonly string[];
  readonly isProtected?: boolean;
}

interface Resource {
  readonly logicalId: string;
  readonly type: string;
  status: string;
  reason?: string;
}

interface PeerStack {
  readonly id: string;
  readonly name: string;
  status: string;
  template: string;
  tags: Readonly<Record<string, string>>;
  resources: Resource[];
  /** Newest first. */
  readonly events: {
    readonly id: string;
    readonly logicalId: string;
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
  }[];
  /** What is still to be done, a step for each time somebody looks. */
  steps: (() => void)[];
}

interface PeerChangeSet {
  readonly id: string;
  readonly name: string;
  readonly stack: PeerStack;
  readonly kind: string;
  readonly template: string;
  readonly tags: Readonly<Record<string, string>> | null;
  looks: number;
}

export interface CloudFormationPeer extends AsyncDisposable {
  readonly url: string;
  /** The requests that came, oldest first. */
  readonly requests: { readonly operation: string; readonly parameters: Readonly<Record<string, string>> }[];
  /** Puts a stack there that somebody has made. */
  put(stack: { readonly name: string; readonly status: string; readonly template: string }): void;
  stack(name: string): { readonly status: string; readonly template: string; readonly tags: Readonly<Record<string, string>> } | null;
  readonly stopped: readonly string[];
}

class Refusal extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const account = "123456789012";

/** A small CloudFormation over HTTP, in its Query protocol, with as much of Step Functions as a deletion asks for. One step of a stack for each DescribeStacks. */
export async function cloudFormationPeer(trouble: Trouble = {}): Promise<CloudFormationPeer> {
  const world = new World(trouble);
  const server = createServer((request, response) => {
    void world.answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: world.requests,
    put: (stack) => world.put(stack),
    stack: (name) => world.find(name),
    stopped: world.stopped,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class World {
  readonly requests: CloudFormationPeer["requests"] = [];
  readonly stopped: string[] = [];
  readonly #trouble: Trouble;
  readonly #stacks: PeerStack[] = [];
  readonly #changeSets: PeerChangeSet[] = [];

  constructor(trouble: Trouble) {
    this.#trouble = trouble;
  }

  find(name: string): PeerStack | null {
    return this.#stacks.find((stack) => stack.id === name || (stack.name === name && stack.status !== "DELETE_COMPLETE")) ?? null;
  }

  put({ name, status, template }: { name: string; status: string; template: string }): void {
    const stack = this.#newStack(name);
    Object.assign(stack, { status, template });
    stack.resources = resourcesOf(template).map((each) => ({ ...each, status: "CREATE_COMPLETE" }));
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const target = request.headers["x-amz-target"];
    if (typeof target === "string") return this.#answerStepFunctions(target.replace("AWSStepFunctions.", ""), text, response);
    const { Action: operation = "", ...parameters } = Object.fromEntries(new URLSearchParams(text));
    this.requests.push({ operation, parameters });
    await this.#trouble.onRequest?.(operation);
    try {
      if (this.#trouble.denied?.includes(operation)) throw denied(operation);
      const result = this.#operations[operation];
      if (result === undefined) throw new Refusal("InvalidAction", `Could not find operation ${operation}`);
      send(
        response,
        200,
        `<${operation}Response xmlns="${xmlns}"><${operation}Result>${result(parameters)}</${operation}Result></${operation}Response>`,
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const body = `<Error><Type>Sender</Type><Code>${error.code}</Code><Message>${escaped(error.message)}</Message></Error>`;
      send(
        response,
        error.code === "AccessDenied" ? 403 : 400,
        `<ErrorResponse xmlns="${xmlns}">${body}<RequestId>request-1</RequestId></ErrorResponse>`,
      );
    }
  }

  #answerStepFunctions(operation: string, text: string, response: ServerResponse): void {
    const body = JSON.parse(text) as Record<string, string>;
    this.requests.push({ operation, parameters: body });
    const machine = body["stateMachineArn"] ?? "";
    const running = (this.#trouble.executions ?? []).filter((arn) =>
      arn.startsWith(`${machine.replace(":stateMachine:", ":execution:")}:`),
    );
    if (operation === "StopExecution") this.stopped.push(body["executionArn"] ?? "");
    const replies: Record<string, unknown> = {
      ListExecutions: {
        executions: running.map((executionArn) => ({
          executionArn,
          stateMachineArn: machine,
          name: executionArn.split(":").at(-1),
          status: "RUNNING",
          startDate: 1_767_000_000,
        })),
      },
      StopExecution: { stopDate: 1_767_000_000 },
    };
    response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(replies[operation] ?? {}));
  }

  readonly #operations: Readonly<Record<string, (parameters: Readonly<Record<string, string>>) => string>> = {
    DescribeStacks: ({ StackName = "" }) => {
      const stack = this.#existing(StackName);
      const shown = xml({ StackId: stack.id, StackName: stack.name, StackStatus: stack.status, CreationTime: "2026-01-01T00:00:00Z" });
      stack.steps.shift()?.();
      return `<Stacks><member>${shown}</member></Stacks>`;
    },
    GetTemplate: ({ StackName = "" }) => xml({ TemplateBody: this.#existing(StackName).template }),
    ListStackResources: ({ StackName = "" }) =>
      `<StackResourceSummaries>${this.#existing(StackName)
        .resources.map((each) => `<member>${xml(this.#resource(each, StackName))}</member>`)
        .join("")}</StackResourceSummaries>`,
    DescribeStackEvents: ({ StackName = "", NextToken = "0" }) => {
      // Three a page, so that paging is gone through.
      const { events } = this.#existing(StackName);
      const at = Number(NextToken);
      const members = events.slice(at, at + 3).map(({ id, logicalId, type, status, reason }) =>
        xml({
          EventId: id,
          StackId: "s",
          StackName: "s",
          LogicalResourceId: logicalId,
          ResourceType: type,
          Timestamp: "2026-01-01T00:00:00Z",
          ResourceStatus: status,
          ResourceStatusReason: reason,
        }),
      );
      const next = at + 3 < events.length ? xml({ NextToken: String(at + 3) }) : "";
      return `<StackEvents>${members.map((member) => `<member>${member}</member>`).join("")}</StackEvents>${next}`;
    },
    ListChangeSets: ({ StackName = "" }) =>
      `<Summaries>${this.#changeSets
        .filter(({ stack }) => stack === this.#existing(StackName))
        .map(({ name }) => `<member>${xml({ ChangeSetName: name })}</member>`)
        .join("")}</Summaries>`,
    CreateChangeSet: (parameters) => this.#createChangeSet(parameters),
    DescribeChangeSet: ({ ChangeSetName = "" }) => this.#describeChangeSet(ChangeSetName),
    DeleteChangeSet: ({ ChangeSetName = "" }) => {
      this.#changeSets.splice(
        this.#changeSets.findIndex(({ id }) => id === ChangeSetName),
        1,
      );
      return "";
    },
    ExecuteChangeSet: ({ ChangeSetName = "" }) => {
      this.#execute(this.#changeSet(ChangeSetName));
      return "";
    },
    DeleteStack: ({ StackName = "" }) => {
      if (this.#trouble.isProtected === true)
        throw new Refusal("ValidationError", `Stack [${StackName}] cannot be deleted while TerminationProtection is enabled`);
      this.#delete(this.#existing(StackName));
      return "";
    },
  };

  #existing(name: string): PeerStack {
    const stack = this.find(name);
    if (stack === null) throw new Refusal("ValidationError", `Stack with id ${name} does not exist`);
    return stack;
  }

  #changeSet(id: string): PeerChangeSet {
    const changeSet = this.#changeSets.find((each) => each.id === id);
    if (changeSet === undefined) throw new Refusal("ChangeSetNotFound", `ChangeSet [${id}] does not exist`);
    return changeSet;
  }

  #newStack(name: string): PeerStack {
    const id = `arn:aws:cloudformation:us-east-1:${account}:stack/${name}/${randomUUID()}`;
    const stack: PeerStack = { id, name, status: "REVIEW_IN_PROGRESS", template: "", tags: {}, resources: [], events: [], steps: [] };
    this.#stacks.unshift(stack);
    this.#event(stack, { logicalId: name, type: "AWS::CloudFormation::Stack" }, "REVIEW_IN_PROGRESS");
    return stack;
  }

  #createChangeSet(parameters: Readonly<Record<string, string>>): string {
    const { StackName = "", ChangeSetName = "", ChangeSetType = "", TemplateBody = "" } = parameters;
    const roles = resourcesOf(TemplateBody).some(({ type }) => type === "AWS::IAM::Role");
    if (roles && parameters["Capabilities.member.1"] !== "CAPABILITY_IAM")
      throw new Refusal("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]");
    const stack = ChangeSetType === "CREATE" ? (this.find(StackName) ?? this.#newStack(StackName)) : this.#existing(StackName);
    const id = `arn:aws:cloudformation:us-east-1:${account}:changeSet/${ChangeSetName}/${randomUUID()}`;
    const tags = tagsOf(parameters);
    this.#changeSets.push({ id, name: ChangeSetName, stack, kind: ChangeSetType, template: TemplateBody, tags, looks: 0 });
    return xml({ Id: id, StackId: stack.id });
  }

  #describeChangeSet(id: string): string {
    const changeSet = this.#changeSet(id);
    changeSet.looks += 1;
    if (changeSet.looks === 1) return xml({ Status: "CREATE_IN_PROGRESS" });
    if (this.#trouble.changeSetFails !== undefined) return xml({ Status: "FAILED", StatusReason: this.#trouble.changeSetFails });
    const changes = this.#changesOf(changeSet);
    // Another output alone is a change, and of no resource.
    const isSame = JSON.stringify(templateOf(changeSet.template).Outputs) === JSON.stringify(templateOf(changeSet.stack.template).Outputs);
    if (changes.length === 0 && isSame) {
      return xml({
        Status: "FAILED",
        StatusReason: "The submitted information didn't contain changes. Submit different information to create a change set.",
      });
    }
    const members = changes.map(({ action, logicalId, type }) => {
      const physical = action === "Add" ? undefined : this.#physicalId(changeSet.stack, { logicalId, type });
      const change = xml({
        Action: action,
        LogicalResourceId: logicalId,
        PhysicalResourceId: physical,
        ResourceType: type,
        Replacement: action === "Modify" ? "False" : undefined,
      });
      return `<member><Type>Resource</Type><ResourceChange>${change}</ResourceChange></member>`;
    });
    return `${xml({ Status: "CREATE_COMPLETE", ExecutionStatus: "AVAILABLE" })}<Changes>${members.join("")}</Changes>`;
  }

  #changesOf({ stack, template }: PeerChangeSet): { action: string; logicalId: string; type: string }[] {
    const [before, after] = [templateOf(stack.template).Resources, templateOf(template).Resources];
    const changed = Object.keys(after).flatMap((logicalId) => {
      const [was, is] = [before[logicalId], after[logicalId]];
      if (was === undefined) return [{ action: "Add", logicalId, type: is?.Type ?? "" }];
      return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ action: "Modify", logicalId, type: is?.Type ?? "" }];
    });
    const removed = Object.keys(before).filter((logicalId) => after[logicalId] === undefined);
    return [...changed, ...removed.map((logicalId) => ({ action: "Remove", logicalId, type: before[logicalId]?.Type ?? "" }))];
  }

  #execute(changeSet: PeerChangeSet): void {
    const { stack, kind } = changeSet;
    const verb = kind === "CREATE" ? "CREATE" : "UPDATE";
    const changes = this.#changesOf(changeSet);
    this.#changeSets.splice(this.#changeSets.indexOf(changeSet), 1);
    this.#become(stack, `${verb}_IN_PROGRESS`);
    if (verb === "CREATE") stack.template = changeSet.template;
    const { failing } = this.#trouble;
    for (const { action, logicalId, type } of changes) {
      const done = action === "Add" ? "CREATE" : action === "Modify" ? "UPDATE" : "DELETE";
      if (failing?.logicalId === logicalId) return this.#failAt(stack, verb, { logicalId, type }, failing.reason);
      stack.steps.push(() => {
        this.#event(stack, { logicalId, type }, `${done}_IN_PROGRESS`);
        this.#event(stack, { logicalId, type }, `${done}_COMPLETE`);
        stack.resources = stack.resources.filter((each) => each.logicalId !== logicalId);
        if (done !== "DELETE") stack.resources.push({ logicalId, type, status: `${done}_COMPLETE` });
      });
    }
    stack.steps.push(() => {
      stack.template = changeSet.template;
      stack.tags = changeSet.tags ?? stack.tags;
      this.#become(stack, `${verb}_COMPLETE`);
    });
  }

  #failAt(stack: PeerStack, verb: string, resource: Omit<Resource, "status">, reason: string): void {
    const others = [{ logicalId: "ApprovalQueue", type: "AWS::SQS::Queue" }].filter(({ logicalId }) => logicalId !== resource.logicalId);
    stack.steps.push(() => {
      this.#event(stack, resource, "CREATE_FAILED", reason);
      for (const other of others) this.#event(stack, other, "CREATE_FAILED", "Resource creation cancelled");
      const counted = `The following resource(s) failed to create: [${resource.logicalId}]. Rollback requested by user.`;
      this.#become(stack, verb === "CREATE" ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS", counted);
    });
    const left =
      verb === "UPDATE" ? "UPDATE_ROLLBACK_COMPLETE" : this.#trouble.onFailure === "rolledBack" ? "ROLLBACK_COMPLETE" : "DELETE_COMPLETE";
    stack.steps.push(() => this.#become(stack, left));
  }

  #delete(stack: PeerStack): void {
    if (stack.status === "REVIEW_IN_PROGRESS") return this.#become(stack, "DELETE_COMPLETE");
    this.#become(stack, "DELETE_IN_PROGRESS");
    const { staying } = this.#trouble;
    for (const resource of stack.resources) {
      stack.steps.push(() => {
        const failed = staying?.logicalId === resource.logicalId;
        resource.status = failed ? "DELETE_FAILED" : "DELETE_COMPLETE";
        if (failed) resource.reason = staying?.reason ?? "";
        this.#event(stack, resource, resource.status, failed ? staying?.reason : undefined);
      });
    }
    stack.steps.push(() => this.#become(stack, staying === undefined ? "DELETE_COMPLETE" : "DELETE_FAILED"));
  }

  #become(stack: PeerStack, status: string, reason?: string): void {
    stack.status = status;
    this.#event(stack, { logicalId: stack.name, type: "AWS::CloudFormation::Stack" }, status, reason);
  }

  #event(stack: PeerStack, { logicalId, type }: Omit<Resource, "status">, status: string, reason?: string): void {
    stack.events.unshift({ id: randomUUID(), logicalId, type, status, ...(reason === undefined ? {} : { reason }) });
  }

  #resource(resource: Resource, stackName: string): Record<string, string | undefined> {
    const { logicalId, type, status, reason } = resource;
    const physical = this.#physicalId(this.#existing(stackName), resource);
    return {
      LogicalResourceId: logicalId,
      PhysicalResourceId: physical,
      ResourceType: type,
      ResourceStatus: status,
      ResourceStatusReason: reason,
    };
  }

  #physicalId(stack: PeerStack, { logicalId, type }: Omit<Resource, "status">): string {
    if (type !== "AWS::StepFunctions::StateMachine") return `${stack.name}-${logicalId}`;
    return `arn:aws:states:us-east-1:${account}:stateMachine:${stack.name}-${logicalId.replace("StateMachine", "").toLowerCase()}`;
  }
}

const xmlns = "http://cloudformation.amazonaws.com/doc/2010-05-15/";

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/xml" }).end(`<?xml version="1.0"?>${body}`);
}

function denied(operation: string): Refusal {
  const resource = `arn:aws:cloudformation:us-east-1:${account}:stack/sfn-callback-example/*`;
  return new Refusal(
    "AccessDenied",
    `User: arn:aws:iam::${account}:user/ann is not authorized to perform: cloudformation:${operation} on resource: ${resource} because no identity-based policy allows the cloudformation:${operation} action`,
  );
}

function xml(members: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(members)
    .map(([name, value]) => (value === undefined ? "" : `<${name}>${escaped(value)}</${name}>`))
    .join("");
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

interface PeerTemplate {
  readonly Resources: Readonly<Record<string, { readonly Type: string } | undefined>>;
  readonly Outputs?: unknown;
}

function templateOf(text: string): PeerTemplate {
  const template = parse(text, { logLevel: "silent" }) as Partial<PeerTemplate> | null;
  return { Resources: template?.Resources ?? {}, Outputs: template?.Outputs };
}

function resourcesOf(template: string): Omit<Resource, "status">[] {
  return Object.entries(templateOf(template).Resources).map(([logicalId, resource]) => ({ logicalId, type: resource?.Type ?? "" }));
}

function tagsOf(parameters: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null {
  const tags: Record<string, string> = {};
  for (let at = 1; parameters[`Tags.member.${at}.Key`] !== undefined; at++) {
    tags[parameters[`Tags.member.${at}.Key`] ?? ""] = parameters[`Tags.member.${at}.Value`] ?? "";
  }
  return Object.keys(tags).length === 0 ? null : tags;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
