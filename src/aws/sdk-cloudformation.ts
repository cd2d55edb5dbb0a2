import {
  type ChangeSetStatus as AwsChangeSetStatus,
  type ResourceChange as AwsResourceChange,
  CloudFormationClient,
  type CloudFormationClientConfig,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateCommand,
  ListChangeSetsCommand,
  ListStackResourcesCommand,
} from "@aws-sdk/client-cloudformation";
import type { CliError } from "../errors.ts";
import type { ChangeSet, ChangeSetStatus, CloudFormation, ResourceChange, Stack, StackEvent, StackResource } from "./cloudformation.ts";
import type { Wire } from "./wire.ts";

/** What CloudFormation is reached with. */
export interface CloudFormationParts {
  readonly client: CloudFormationClientConfig;
  readonly wire: Wire;
  /** Ends every call when aborted, with its reason. */
  readonly signal: AbortSignal | undefined;
  /** Judges the SDK's errors. Handed in, since its classes are those of the bundle that throws them. */
  toCliError(error: unknown, attempt: string, endpoint: string | null): CliError;
}

/** CloudFormation through the AWS SDK. */
export function createSdkCloudFormation({ client: config, wire, signal, toCliError }: CloudFormationParts): CloudFormation {
  const client = wire.watch(new CloudFormationClient(config));
  const options = signal === undefined ? {} : { abortSignal: signal };

  async function call<Reply>(attempt: string, request: () => Promise<Reply>): Promise<Reply> {
    try {
      signal?.throwIfAborted();
      return await request();
    } catch (error) {
      signal?.throwIfAborted();
      throw toCliError(error, attempt, wire.endpoint());
    }
  }

  /** All pages of a listing. */
  async function* pages<Page extends { NextToken?: string | undefined }>(
    attempt: string,
    request: (NextToken: string | undefined) => Promise<Page>,
  ): AsyncGenerator<Page> {
    let token: string | undefined;
    do {
      const NextToken = token;
      const page = await call(attempt, () => request(NextToken));
      yield page;
      token = page.NextToken;
    } while (token !== undefined && token !== "");
  }

  return {
    async answers() {
      return call("find out whether CloudFormation is there", async () => {
        try {
          await client.send(new DescribeStacksCommand({ StackName: "sfn-callback-example" }), options);
          return true;
        } catch (error) {
          const answer = answerIn(error);
          if (answer === null) throw error;
          return answer;
        }
      });
    },

    async stack(nameOrId) {
      return call(`read the stack ${nameOf(nameOrId)}`, async () => {
        try {
          const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: nameOrId }), options);
          const [found] = Stacks ?? [];
          return found === undefined ? null : stackOf(found);
        } catch (error) {
          if (isMissingStack(error)) return null;
          throw error;
        }
      });
    },

    async template(stackName) {
      const { TemplateBody } = await call(`read the template of the stack ${stackName}`, () =>
        client.send(new GetTemplateCommand({ StackName: stackName, TemplateStage: "Original" }), options),
      );
      return TemplateBody ?? "";
    },

    async resources(stackName) {
      const resources: StackResource[] = [];
      const all = pages(`list the resources of the stack ${nameOf(stackName)}`, (NextToken) =>
        client.send(new ListStackResourcesCommand({ StackName: stackName, NextToken }), options),
      );
      for await (const { StackResourceSummaries = [] } of all) {
        for (const each of StackResourceSummaries) {
          resources.push({ ...identity(each), status: each.ResourceStatus ?? "", reason: each.ResourceStatusReason ?? null });
        }
      }
      return resources;
    },

    async *events(stackId) {
      const all = pages(`read the events of the stack ${nameOf(stackId)}`, (NextToken) =>
        client.send(new DescribeStackEventsCommand({ StackName: stackId, NextToken }), options),
      );
      for await (const { StackEvents = [] } of all) {
        yield StackEvents.map((each): StackEvent => {
          return {
            ...identity(each),
            id: each.EventId ?? "",
            status: each.ResourceStatus ?? "",
            reason: each.ResourceStatusReason ?? null,
          };
        });
      }
    },

    async changeSetNames(stackName) {
      const names: string[] = [];
      const all = pages(`list the change sets of the stack ${stackName}`, (NextToken) =>
        client.send(new ListChangeSetsCommand({ StackName: stackName, NextToken }), options),
      );
      for await (const { Summaries = [] } of all) names.push(...Summaries.map(({ ChangeSetName }) => ChangeSetName ?? ""));
      return names;
    },

    async createChangeSet({ stackName, name, kind, template, makesRoles, tags }) {
      const reply = await call(`create a change set for the stack ${stackName}`, () =>
        client.send(
          new CreateChangeSetCommand({
            StackName: stackName,
            ChangeSetName: name,
            ChangeSetType: kind === "create" ? "CREATE" : "UPDATE",
            // A request whose reply was lost is sent again by the SDK: the same token makes it the same change set.
            ClientToken: name,
            TemplateBody: template,
            ...(makesRoles ? { Capabilities: ["CAPABILITY_IAM"] } : {}),
            ...(tags === null ? {} : { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) }),
            // A stack that could not be created would have to be deleted by hand before the next try.
            ...(kind === "create" ? { OnStackFailure: "DELETE" } : {}),
          }),
          options,
        ),
      );
      return { id: reply.Id ?? name, stackId: reply.StackId ?? stackName };
    },

    async changeSet(id) {
      const changes: ResourceChange[] = [];
      let status: ChangeSetStatus = "pending";
      let reason: string | null = null;
      for await (const page of pages("read the change set", (NextToken) =>
        client.send(new DescribeChangeSetCommand({ ChangeSetName: id, NextToken }), options),
      )) {
        reason = page.StatusReason ?? null;
        status = changeSetStatus(page.Status, reason);
        for (const { ResourceChange: change } of page.Changes ?? []) if (change !== undefined) changes.push(changeOf(change));
      }
      return { status, reason, changes } satisfies ChangeSet;
    },

    async deleteChangeSet(id) {
      await call("delete the change set", () => client.send(new DeleteChangeSetCommand({ ChangeSetName: id }), options));
    },

    async executeChangeSet(id) {
      const ClientRequestToken = id.slice(id.lastIndexOf("/") + 1);
      await call("execute the change set", () =>
        client.send(new ExecuteChangeSetCommand({ ChangeSetName: id, ClientRequestToken }), options),
      );
    },

    async deleteStack(stackId) {
      await call(`delete the stack ${nameOf(stackId)}`, () => client.send(new DeleteStackCommand({ StackName: stackId }), options));
    },
  };
}

interface AwsIdentity {
  readonly LogicalResourceId?: string | undefined;
  readonly PhysicalResourceId?: string | undefined;
  readonly ResourceType?: string | undefined;
}

function identity(of: AwsIdentity): Pick<StackResource, "logicalId" | "physicalId" | "type"> {
  return { logicalId: of.LogicalResourceId ?? "", physicalId: of.PhysicalResourceId || null, type: of.ResourceType ?? "" };
}

function stackOf(stack: {
  readonly StackId?: string | undefined;
  readonly StackName: string | undefined;
  readonly StackStatus: string | undefined;
  readonly StackStatusReason?: string | undefined;
}): Stack {
  return {
    id: stack.StackId ?? stack.StackName ?? "",
    name: stack.StackName ?? "",
    status: stack.StackStatus ?? "",
    statusReason: stack.StackStatusReason ?? null,
  };
}

function changeOf(change: AwsResourceChange): ResourceChange {
  const replacement = change.Replacement === "True" ? "yes" : change.Replacement === "Conditional" ? "maybe" : "no";
  return { ...identity(change), action: change.Action ?? "Dynamic", replacement };
}

/**
 * CloudFormation tells a change set without changes as a failed one, by its words alone ("The submitted information didn't contain changes.",
 * "No updates are to be performed.", API reference of DescribeChangeSet and UpdateStack).
 */
function changeSetStatus(status: AwsChangeSetStatus | undefined, reason: string | null): ChangeSetStatus {
  if (status === "CREATE_COMPLETE") return "ready";
  if (status !== "FAILED") return "pending";
  return /didn.t contain changes|no updates are to be performed/i.test(reason ?? "") ? "empty" : "failed";
}

/** The wire: what the SDK's errors carry. */
interface ErrorOnWire {
  readonly name: string;
  readonly message: string;
  readonly Code?: unknown;
  readonly $response?: { readonly statusCode?: number };
}

/** "Stack with id NAME does not exist", as a ValidationError: there is no error of its own for it (API reference of DescribeStacks). */
function isMissingStack(error: unknown): boolean {
  return error instanceof Error && error.name === "ValidationError" && /does not exist/.test(error.message);
}

/** Whether the reply behind this error is CloudFormation's; null where there was none, or none that tells. */
function answerIn(error: unknown): boolean | null {
  const { Code, $response } = error as ErrorOnWire;
  const status = $response?.statusCode;
  if (status === undefined) return null;
  // An emulator that lacks the service says 501; one that has never heard of Query requests answers without a code in XML.
  if (typeof Code !== "string" || status === 501 || /^(InvalidAction|UnknownOperation)/.test(Code)) return false;
  return isMissingStack(error) ? true : null;
}

/** The name in a stack's id. */
function nameOf(nameOrId: string): string {
  return /:stack\/([^/]+)/.exec(nameOrId)?.[1] ?? nameOrId;
}
