import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import { checkPrefix, type RequestReader } from "../request-reader.ts";
import type { Routing, StoredAlias } from "../store/versions.ts";
import { activeMachine, readMachineArn, versionOf } from "./machine-reference.ts";
import { invalid, type Operations, present, seconds } from "./operation.ts";

/** Facts page 4, documented. */
const maxAliases = 100;
/** As the API's model has it: not a number alone, so that no alias looks like a version. */
const namePattern = "^(?=.*[a-zA-Z_\\-\\.])[a-zA-Z0-9_\\-\\.]+$";

/** The words of the errors are recorded where no comment says otherwise. */
export const aliasOperations: Operations = {
  CreateStateMachineAlias(engine, request) {
    const description = request.optionalText("description", { max: 256, isSensitive: true }) ?? null;
    const name = request.text("name", { min: 1, max: 80, pattern: namePattern });
    request.require("routingConfiguration");
    const routing = readRouting(request) ?? [];
    request.done();
    const machineArn = checkRouting(routing);
    return engine.store.transaction(() => {
      activeMachine(engine, machineArn);
      checkTargets(engine, routing);
      const existing = engine.store.versions.alias(machineArn, name);
      if (existing !== null && !isSame(existing, description, routing)) {
        const why = "Failed to create alias because an alias with the same name and a different routing configuration already exists.";
        throw new ApiError("ConflictException", why);
      }
      if (existing === null && engine.store.versions.aliases(machineArn).length >= maxAliases) {
        throw new ApiError("ServiceQuotaExceededException", `A state machine can have at most ${maxAliases} aliases: '${machineArn}'`);
      }
      const now = engine.now();
      const alias = existing ?? { machineArn, name, description, routing, createdAt: now, updatedAt: now };
      if (existing === null) engine.store.versions.putAlias(alias);
      return { stateMachineAliasArn: aliasArn(alias), creationDate: seconds(alias.createdAt) };
    });
  },

  UpdateStateMachineAlias(engine, request) {
    const arn = request.arn("stateMachineAliasArn", ["stateMachine"]);
    const description = request.optionalText("description", { max: 256, isSensitive: true });
    const routing = readRouting(request);
    request.done();
    if (description === undefined && routing === undefined) {
      throw invalid("Either the description or the routing configuration must be specified");
    }
    const machineArn = routing === undefined ? null : checkRouting(routing);
    return engine.store.transaction(() => {
      const alias = existingAlias(engine, arn);
      activeMachine(engine, alias.machineArn);
      if (machineArn !== null && machineArn !== alias.machineArn)
        throw invalid("Routing configuration must be of the alias's state machine");
      checkTargets(engine, routing ?? []);
      const updatedAt = engine.now();
      engine.store.versions.putAlias({
        ...alias,
        description: description ?? alias.description,
        routing: routing ?? alias.routing,
        updatedAt,
      });
      return { updateDate: seconds(updatedAt) };
    });
  },

  DescribeStateMachineAlias(engine, request) {
    const arn = request.arn("stateMachineAliasArn", ["stateMachine"]);
    request.done();
    const alias = existingAlias(engine, arn);
    return present({
      stateMachineAliasArn: arn,
      name: alias.name,
      description: alias.description,
      routingConfiguration: alias.routing,
      creationDate: seconds(alias.createdAt),
      updateDate: seconds(alias.updatedAt),
    });
  },

  DeleteStateMachineAlias(engine, request) {
    const arn = request.arn("stateMachineAliasArn", ["stateMachine"]);
    request.done();
    const { machineArn, name } = aliasName(arn);
    engine.store.transaction(() => engine.store.versions.deleteAlias(machineArn, name));
    return {};
  },

  /** A version's ARN lists the aliases that point to it (documented). */
  ListStateMachineAliases(engine, request) {
    const arn = request.arn("stateMachineArn", ["stateMachine"]);
    const page = request.page();
    request.done();
    const version = versionOf(arn);
    if (version === null) activeMachine(engine, arn);
    else if (engine.store.versions.get(version.machineArn, version.version) === null) throw notFound();
    const found = engine.store.versions
      .aliases(version?.machineArn ?? arn)
      .filter(({ routing }) => version === null || routing.some(({ stateMachineVersionArn }) => stateMachineVersionArn === arn))
      .filter(({ name }) => page.after === null || name > String(page.after[0]));
    const { rows, ...next } = page.cut(found, ({ name }) => [name]);
    const stateMachineAliases = rows.map((alias) => ({ stateMachineAliasArn: aliasArn(alias), creationDate: seconds(alias.createdAt) }));
    return { stateMachineAliases, ...next };
  },
};

function readRouting(request: RequestReader): Routing | undefined {
  return request.structures("routingConfiguration", { min: 1, max: 2, quote: quotedRouting })?.map((item) => {
    item.require("weight");
    const stateMachineVersionArn = item.text("stateMachineVersionArn", { min: 1, max: 256 });
    return { stateMachineVersionArn, weight: item.optionalInteger("weight", { least: 0, most: 100 }) ?? 0 };
  });
}

/** As AWS writes it in the message of a breach (recorded). */
function quotedRouting(list: readonly unknown[]): string {
  const items = list.map((item) => {
    const { stateMachineVersionArn, weight } = (item ?? {}) as Partial<Routing[number]>;
    return `RoutingConfigurationListItem(stateMachineVersionArn=${stateMachineVersionArn}, weight=${weight})`;
  });
  return `[${items.join(", ")}]`;
}

/** The machine that all the versions are of. */
function checkRouting(routing: Routing): string {
  const arns = routing.map(({ stateMachineVersionArn }) => stateMachineVersionArn);
  for (const arn of arns) checkPrefix(arn);
  const refuse = (why: string, received: readonly unknown[]) => invalid(`${why}. Received: [${received.join(", ")}]`);
  const machines = arns.map((arn) => versionOf(arn)?.machineArn);
  const [machineArn] = machines;
  if (machineArn === undefined || machines.includes(undefined)) {
    throw refuse("Routing configuration must contain state machine version ARNs", arns);
  }
  if (new Set(arns).size < arns.length) throw refuse("Routing configuration must contain distinct state machine version ARNs", arns);
  // In our words: AWS's are not recorded.
  if (machines.some((other) => other !== machineArn)) throw refuse("Routing configuration must be of one state machine", arns);
  const weights = routing.map(({ weight }) => weight);
  if (weights.reduce((sum, weight) => sum + weight, 0) !== 100) {
    throw refuse("Sum of routing configuration weights must equal 100", weights);
  }
  return machineArn;
}

function checkTargets(engine: Engine, routing: Routing): void {
  for (const { stateMachineVersionArn } of routing) {
    const target = versionOf(stateMachineVersionArn);
    if (target === null || engine.store.versions.get(target.machineArn, target.version) === null) throw notFound();
  }
}

function isSame(alias: StoredAlias, description: string | null, routing: Routing): boolean {
  return alias.description === description && JSON.stringify(alias.routing) === JSON.stringify(routing);
}

function aliasName(arn: string): Pick<StoredAlias, "machineArn" | "name"> {
  const { machineArn, qualifier, label } = readMachineArn(arn);
  if (qualifier === null || label !== null || versionOf(arn) !== null) throw invalid(`Not the ARN of a state machine alias: '${arn}'`);
  return { machineArn, name: qualifier };
}

function existingAlias(engine: Engine, arn: string): StoredAlias {
  const { machineArn, name } = aliasName(arn);
  const alias = engine.store.versions.alias(machineArn, name);
  if (alias === null) throw notFound();
  return alias;
}

function aliasArn({ machineArn, name }: StoredAlias): string {
  return `${machineArn}:${name}`;
}

function notFound(): ApiError {
  return new ApiError("ResourceNotFound", "Request references a resource that does not exist.");
}
