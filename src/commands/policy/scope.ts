import { partitionOf } from "../../callback/partitions.ts";
import type { ConnectionOptions } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { flagOf, textOption, textOptions } from "../parsed-options.ts";

/** Where the ARNs of a policy lie. Region and account are `*` where they were not said. */
export interface Scope {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** State machines, none of them where all are meant. */
  readonly machines: readonly Named[];
  readonly activities: readonly Named[];
}

/** A state machine or an activity, by name or by ARN. */
interface Named {
  readonly name: string;
  /** The ARN up to its resource: `arn:aws:states:eu-central-1:123456789012`. */
  readonly root: string;
}

export function scopeOf(given: Record<string, unknown>, { region = "*" }: ConnectionOptions): Scope {
  const account = textOption(given, "account") ?? "*";
  if (!/^(\*|[a-z0-9-]{1,64})$/.test(region))
    throw usageError(`--region is not a Region: ${JSON.stringify(region)}`, "a policy is for one Region, or for all");
  if (account !== "*" && !/^\d{12}$/.test(account)) throw usageError(`--account takes 12 digits, not ${JSON.stringify(account)}`);
  const { name: partition } = partitionOf(region);
  const root = `arn:${partition}:states:${region}:${account}`;
  const named = (name: "stateMachine" | "activity"): readonly Named[] => textOptions(given, name).map((text) => namedBy(text, name, root));
  return {
    partition,
    region,
    account,
    machines: named("stateMachine"),
    activities: named("activity"),
  };
}

function namedBy(text: string, kind: "stateMachine" | "activity", root: string): Named {
  const arn = new RegExp(`^(arn:[\\w-]+:states:[\\w-]+:\\d{12}):${kind}:([^:/]+)`).exec(text);
  if (arn !== null) return { root: arn[1] ?? root, name: arn[2] ?? "" };
  // The characters that no name may hold (facts: API reference of CreateStateMachine); * is a pattern's.
  if (text === "" || text.length > 80 || /[\s<>{}[\]?"#%\\^|~`$&,;:/]/.test(text))
    throw usageError(
      `${flagOf(kind)} ${JSON.stringify(text)} is neither a name nor the ARN of ${kind === "activity" ? "an activity" : "a state machine"}`,
    );
  return { root, name: text };
}

/** The ARNs of the machines themselves, their versions and aliases among them. */
export function machineArns(scope: Scope): string[] {
  return machinesIn(scope).flatMap(({ root, name }) => versions(`${root}:stateMachine:${name}`));
}

/**
 * What an answer is judged by: the ARN of the machine whose task it answers (recorded denials). Whether a child of a distributed Map is judged by
 * the machine's ARN or by that with the Map's label is not recorded, so both are here.
 */
export function answerArns(scope: Scope): string[] {
  return machinesIn(scope).flatMap(({ root, name }) =>
    name === "*" ? [`${root}:stateMachine:*`] : [`${root}:stateMachine:${name}`, `${root}:stateMachine:${name}/*`],
  );
}

/** Executions of the machines, children of distributed Maps among them. */
export function executionArns(scope: Scope): string[] {
  return machinesIn(scope).flatMap(({ root, name }) =>
    name === "*" ? [`${root}:execution:*`] : [`${root}:execution:${name}:*`, `${root}:execution:${name}/*`],
  );
}

export function mapRunArns(scope: Scope): string[] {
  return machinesIn(scope).map(({ root, name }) => (name === "*" ? `${root}:mapRun:*` : `${root}:mapRun:${name}/*`));
}

export function activityArns({ activities }: Scope): string[] {
  return activities.map(({ root, name }) => `${root}:activity:${name}`);
}

function machinesIn({ partition, region, account, machines }: Scope): readonly Named[] {
  return machines.length === 0 ? [{ root: `arn:${partition}:states:${region}:${account}`, name: "*" }] : machines;
}

function versions(arn: string): string[] {
  return arn.endsWith("*") ? [arn] : [arn, `${arn}:*`];
}
