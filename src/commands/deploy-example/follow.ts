import type { CloudFormation, Stack, StackEvent } from "../../aws/cloudformation.ts";
import type { Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { dim, green, red, type Text } from "../../text.ts";
import { connectionFlags, shellWord } from "../connection-flags.ts";

/** What was begun in AWS, and goes on there whatever becomes of us. */
export interface Operation {
  readonly stack: Pick<Stack, "id" | "name">;
  readonly doing: "creating" | "updating" | "deleting";
  /** Asks AWS to begin. */
  begin(): Promise<void>;
  /** Of how many resources, for the progress. */
  readonly resources: number;
  /** The newest event before it began; those after it are its own. */
  readonly after: string | null;
}

export interface Followed {
  /** As it settled; null where it cannot be read any more. */
  readonly stack: Stack | null;
  /** Oldest first. */
  readonly events: readonly StackEvent[];
}

/** How long to wait before the next look, and the one after: soon at first, then every 2 seconds, since reads are rationed over the whole account. */
export function* pauses(): Generator<number, never> {
  for (let milliseconds = 200; ; milliseconds = Math.min(milliseconds * 1.5, 2000)) yield milliseconds;
}

const stackType = "AWS::CloudFormation::Stack";

/**
 * Begins what CloudFormation is to do to a stack and follows it until it is done, telling of each resource as its events come. Where we are interrupted, or can read no
 * more, the error says that AWS goes on and how to see it.
 */
export async function follow(context: Context, cloudFormation: CloudFormation, operation: Operation): Promise<Followed> {
  const { terminal, clock, signal } = context;
  const events: StackEvent[] = [];
  const progress = terminal.progress(`${operation.doing} the stack ${operation.stack.name}`);
  const finished = new Set<string>();
  const pause = pauses();
  let begun = false;
  try {
    await operation.begin();
    begun = true;
    for (;;) {
      const stack = await cloudFormation.stack(operation.stack.id);
      for (const event of await eventsAfter(cloudFormation, operation.stack.id, events.at(-1)?.id ?? operation.after)) {
        events.push(event);
        if (event.type === stackType) continue;
        if (/_(COMPLETE|FAILED)$/.test(event.status)) {
          finished.add(event.logicalId);
          if (terminal.format === "human") terminal.note(["  ", eventText(event)]);
        }
        progress.update(`${finished.size} of ${operation.resources}: ${event.logicalId} ${event.status}`);
      }
      if (stack === null || !stack.status.endsWith("_IN_PROGRESS")) return { stack, events };
      await clock.sleep(pause.next().value, signal);
    }
  } catch (error) {
    throw begun || signal.aborted ? goingOn(error, operation, context) : error;
  } finally {
    progress.stop();
  }
}

/** The id of the newest event of a stack; null where it has none. */
export async function newestEvent(cloudFormation: CloudFormation, stackId: string): Promise<string | null> {
  for await (const [newest] of cloudFormation.events(stackId)) return newest?.id ?? null;
  return null;
}

async function eventsAfter(cloudFormation: CloudFormation, stackId: string, known: string | null): Promise<StackEvent[]> {
  const fresh: StackEvent[] = [];
  for await (const page of cloudFormation.events(stackId)) {
    for (const event of page) {
      if (event.id === known) return fresh.reverse();
      fresh.push(event);
    }
  }
  return fresh.reverse();
}

/**
 * The event that was the cause of a failure: the first that failed by itself. What CloudFormation gives up because of it is told as
 * "Resource creation cancelled", and the stack's own event only counts what failed.
 */
export function firstCause(events: readonly StackEvent[]): StackEvent | null {
  const failed = events.filter(({ status, type }) => status.endsWith("_FAILED") && type !== stackType);
  return failed.find(({ reason }) => !/^Resource (creation|update|deletion) cancelled/i.test(reason ?? "")) ?? failed[0] ?? null;
}

function eventText({ status, type, logicalId, reason }: StackEvent): Text {
  const failed = status.endsWith("_FAILED");
  return [failed ? red(status) : green(status), `  ${logicalId}`, dim(`  ${type}`), ...(failed && reason !== null ? [`  ${reason}`] : [])];
}

function goingOn(error: unknown, { stack, doing }: Operation, context: Context): unknown {
  if (!(error instanceof CliError)) return error;
  const { signal } = context;
  const flags = connectionFlags(context);
  const kind = signal.aborted && signal.reason instanceof CliError ? signal.reason.kind : error.kind;
  const interrupted = kind === "interrupted" || kind === "terminated";
  const name = shellWord(stack.name);
  return new CliError(kind, `${interrupted ? "interrupted" : error.message}; AWS goes on ${doing} the stack ${stack.name}`, {
    code: interrupted ? "Interrupted" : error.code,
    hint: [
      `follow it:  aws cloudformation describe-stack-events --stack-name ${name}${flags}`,
      doing === "deleting"
        ? "wait for it: the same command again"
        : `when it is done, take it away again: sfn-callback deploy-example --delete --stack-name ${name}${flags}`,
    ].join("\n"),
    cause: error,
    ...(error.awsRequestId === undefined ? {} : { awsRequestId: error.awsRequestId }),
  });
}
