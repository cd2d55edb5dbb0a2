import { randomUUID } from "node:crypto";
import { ApiError } from "../api-error.ts";
import type { Diagnostic } from "../asl/definition-check.ts";
import { variableReferencesIn } from "../asl/variable-references.ts";
import type { Engine } from "../engine.ts";
import type { RequestReader } from "../request-reader.ts";
import type { StoredStateMachine } from "../store/state-machines.ts";
import { type ChosenRevision, chosenRevision, existingMachine, readMachineArn, refuseDeleting, versionArn } from "./machine-reference.ts";
import { checkName, invalid, type Operations, present, seconds } from "./operation.ts";
import { changedSettings, checkSettings, readSettings, type Settings, settingsOf } from "./settings.ts";
import { checkTagCount, readTags } from "./tags.ts";
import { publish } from "./versions.ts";

export const maxDefinitionBytes = 1_048_576;
/** How long a DeleteStateMachine is held up by what it removes; the rest goes on afterwards. */
const removalMilliseconds = 50;

/** Checks stand in the order in which AWS makes them (facts page 2). */
export const stateMachineOperations: Operations = {
  async CreateStateMachine(engine, request) {
    const name = request.text("name", { min: 1, max: 80 });
    const definition = request.text("definition", { min: 1, maxBytes: maxDefinitionBytes, isSensitive: true });
    const roleArn = request.roleArn();
    const type = request.optionalText("type", { oneOf: ["STANDARD", "EXPRESS"] }) === "EXPRESS" ? "EXPRESS" : "STANDARD";
    const given = readSettings(request);
    const tags = readTags(request);
    const publication = readPublication(request);
    request.done();
    checkName(name);
    checkPublication(publication);
    checkSettings(given);
    await checkMachineDefinition(engine, definition, type);
    const arn = engine.arn(`stateMachine:${name}`);
    checkTagCount(arn, new Set(tags.map(({ key }) => key)).size);
    const creation = JSON.stringify(publication);
    const settings = changedSettings(null, given);
    return engine.store.transaction(() => {
      const existing = engine.store.stateMachines.get(arn);
      if (existing !== null) {
        refuseDeleting(existing);
        const isSame = existing.definition === definition && existing.type === type && existing.settings === settings;
        if (isSame && existing.creation === creation) return created(existing);
        throw new ApiError("StateMachineAlreadyExists", `State Machine Already Exists: '${arn}'`);
      }
      const now = engine.now();
      const revision = { definition, roleArn, settings, updatedAt: now, revisionId: null };
      const machine: StoredStateMachine = { arn, name, type, status: "ACTIVE", ...revision, createdAt: now, creation, lastVersion: 0 };
      engine.store.stateMachines.put(machine);
      engine.store.tags.put(arn, tags);
      if (publication.publish) publish(engine, machine, publication.versionDescription);
      return created(machine);
    });
  },

  async UpdateStateMachine(engine, request) {
    const arn = request.arn("stateMachineArn", ["stateMachine"]);
    const definition = request.optionalText("definition", { min: 1, maxBytes: maxDefinitionBytes, isSensitive: true });
    const roleArn = request.optionalRoleArn();
    const given = readSettings(request);
    const publication = readPublication(request);
    request.done();
    const { type } = existingMachine(engine, arn);
    if (definition === undefined && roleArn === undefined && Object.keys(given).length === 0) {
      throw new ApiError(
        "MissingRequiredParameter",
        "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
      );
    }
    checkPublication(publication);
    checkSettings(given);
    if (definition !== undefined) await checkMachineDefinition(engine, definition, type);
    return engine.store.transaction(() => {
      const machine = existingMachine(engine, arn);
      refuseDeleting(machine);
      const updated = revised(machine, { definition, roleArn }, given, engine.now());
      if (updated !== machine) engine.store.stateMachines.put(updated);
      const version = publication.publish ? publish(engine, updated, publication.versionDescription) : null;
      return present({
        updateDate: seconds(engine.now()),
        revisionId: updated.revisionId,
        stateMachineVersionArn: version === null ? null : versionArn(version),
      });
    });
  },

  ValidateStateMachineDefinition(engine, request) {
    // An empty one is a finding, not a breach (recorded).
    const definition = request.text("definition", { maxBytes: maxDefinitionBytes, isSensitive: true });
    const type = request.optionalText("type", { oneOf: ["STANDARD", "EXPRESS"] }) === "EXPRESS" ? "EXPRESS" : "STANDARD";
    const severity = request.optionalText("severity", { oneOf: ["ERROR", "WARNING"] }) === "WARNING" ? "WARNING" : "ERROR";
    const maxResults = request.optionalInteger("maxResults", { least: 0, most: 100 });
    request.done();
    return engine.definitionChecks.validate(definition, type, severity, maxResults ?? 0);
  },

  DescribeStateMachine(engine, request) {
    const arn = request.arn("stateMachineArn", ["stateMachine"]);
    const isMetadataOnly = request.wantsMetadataOnly();
    request.done();
    // Which version an alias stands for is not documented; the one that most executions get says most.
    const chosen = chosenRevision(
      engine,
      arn,
      (routing) => routing.toSorted((a, b) => b.weight - a.weight)[0]?.stateMachineVersionArn ?? "",
    );
    return described(arn, chosen, isMetadataOnly);
  },

  ListStateMachines(engine, request) {
    const page = request.page();
    request.done();
    const found = engine.store.stateMachines.list(page.size + 1, String(page.after?.[0] ?? ""));
    const { rows, ...next } = page.cut(found, ({ name }) => [name]);
    return {
      stateMachines: rows.map(({ arn, name, type, createdAt }) => ({
        stateMachineArn: arn,
        name,
        type,
        creationDate: seconds(createdAt),
      })),
      ...next,
    };
  },

  DeleteStateMachine(engine, request) {
    const arn = request.arn("stateMachineArn", ["stateMachine"]);
    request.done();
    const isThere = engine.store.transaction(() => {
      const { label } = readMachineArn(arn);
      const machine = label === null ? engine.store.stateMachines.get(arn) : existingMachine(engine, arn);
      if (machine !== null) engine.store.stateMachines.put({ ...machine, status: "DELETING" });
      return machine !== null;
    });
    if (isThere) engine.removal.remove(arn, removalMilliseconds);
    return {};
  },
};

interface Publication {
  readonly publish: boolean;
  readonly versionDescription: string | null;
}

function readPublication(request: RequestReader): Publication {
  const publish = request.optionalFlag("publish");
  return { publish, versionDescription: request.optionalText("versionDescription", { max: 256, isSensitive: true }) ?? null };
}

/** Recorded. */
function checkPublication({ publish, versionDescription }: Publication): void {
  if (versionDescription !== null && !publish) throw invalid("Version description can only be set when publish is true");
}

/** The machine after an update: itself, of the same revision, where nothing changes (recorded). */
function revised(
  machine: StoredStateMachine,
  { definition = machine.definition, roleArn = machine.roleArn }: { definition: string | undefined; roleArn: string | undefined },
  given: Partial<Settings>,
  now: number,
): StoredStateMachine {
  const settings = changedSettings(machine.settings, given);
  if (definition === machine.definition && roleArn === machine.roleArn && settings === machine.settings) return machine;
  return { ...machine, definition, roleArn, settings, updatedAt: now, revisionId: randomUUID() };
}

async function checkMachineDefinition(engine: Engine, text: string, type: StoredStateMachine["type"]): Promise<void> {
  const errors = await engine.definitionChecks.errors(text, type);
  if (errors !== null) throw invalidDefinition(errors);
}

export function invalidDefinition(errors: readonly Diagnostic[]): ApiError {
  const found = errors.map(({ code, message, location }) => `${code}: ${message} at ${location}`).join(", ");
  return new ApiError("InvalidDefinition", `Invalid State Machine Definition: '${found}'`);
}

function created({ arn, createdAt, creation }: StoredStateMachine): object {
  const { publish } = JSON.parse(creation) as Publication;
  const version = publish ? { stateMachineVersionArn: versionArn({ machineArn: arn, version: 1 }) } : {};
  return { stateMachineArn: arn, creationDate: seconds(createdAt), ...version };
}

function described(arn: string, { machine, revision, version }: ChosenRevision, isMetadataOnly: boolean): object {
  return present({
    stateMachineArn: arn,
    name: machine.name,
    type: machine.type,
    creationDate: seconds((version ?? machine).createdAt),
    status: machine.status,
    definition: isMetadataOnly ? "{}" : revision.definition,
    roleArn: revision.roleArn,
    revisionId: revision.revisionId,
    description: version?.description ?? null,
    // They are of the definition (the API's model has both for sensitive), so they are no metadata.
    variableReferences: isMetadataOnly ? null : variableReferencesIn(revision.definition),
    ...settingsOf(revision.settings),
  });
}
