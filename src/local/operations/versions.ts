import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { StoredStateMachine } from "../store/state-machines.ts";
import type { StoredVersion } from "../store/versions.ts";
import { activeMachine, versionArn, versionOf } from "./machine-reference.ts";
import { invalid, type Operations, seconds } from "./operation.ts";

/** Facts page 4, documented. */
const maxVersions = 1000;
/** What a publication names the revision of a machine that was never updated by (documented). */
const initialRevision = "INITIAL";

export const versionOperations: Operations = {
  PublishStateMachineVersion(engine, request) {
    const arn = request.arn("stateMachineArn", ["stateMachine"]);
    const revisionId = request.optionalText("revisionId", {});
    const description = request.optionalText("description", { max: 256, isSensitive: true }) ?? null;
    request.done();
    return engine.store.transaction(() => {
      const machine = activeMachine(engine, arn);
      const current = machine.revisionId ?? initialRevision;
      if (revisionId !== undefined && revisionId !== current) {
        const why = `Failed to publish the State Machine version for revision ${revisionId}. The current State Machine revision is ${current}.`;
        throw new ApiError("ConflictException", why);
      }
      const version = publish(engine, machine, description);
      return { creationDate: seconds(version.createdAt), stateMachineVersionArn: versionArn(version) };
    });
  },

  DeleteStateMachineVersion(engine, request) {
    const arn = request.arn("stateMachineVersionArn", ["stateMachine"], 2000);
    request.done();
    const version = versionOf(arn);
    if (version === null) throw invalid(`Not the ARN of a state machine version: '${arn}'`);
    engine.store.transaction(() => {
      const aliases = engine.store.versions
        .aliases(version.machineArn)
        .filter(({ routing }) => routing.some(({ stateMachineVersionArn }) => stateMachineVersionArn === arn))
        .map(({ name }) => name);
      if (aliases.length > 0) {
        const why = "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version:";
        throw new ApiError("ConflictException", `${why} [${aliases.join(", ")}]`);
      }
      engine.store.versions.delete(version.machineArn, version.version);
    });
    return {};
  },

  /** A machine that does not exist has none: the API has no error for it. */
  ListStateMachineVersions(engine, request) {
    const arn = request.arn("stateMachineArn", ["stateMachine"]);
    const page = request.page();
    request.done();
    const before = page.after?.[0];
    const found = engine.store.versions.list(arn, page.size + 1, before === undefined ? null : Number(before));
    const { rows, ...next } = page.cut(found, ({ version }) => [version]);
    const stateMachineVersions = rows.map((version) => ({
      stateMachineVersionArn: versionArn(version),
      creationDate: seconds(version.createdAt),
    }));
    return { stateMachineVersions, ...next };
  },
};

/** Publishes a machine's revision, once: again gives the version that is already there (recorded). Within a transaction. */
export function publish(engine: Engine, machine: StoredStateMachine, description: string | null): StoredVersion {
  const { versions, stateMachines } = engine.store;
  const [newest] = versions.list(machine.arn, 1, null);
  if (newest !== undefined && newest.revisionId === machine.revisionId) return newest;
  if (versions.count(machine.arn) >= maxVersions) {
    throw new ApiError("ServiceQuotaExceededException", `A state machine can have at most ${maxVersions} versions: '${machine.arn}'`);
  }
  const { definition, roleArn, settings, revisionId, updatedAt } = machine;
  const version = machine.lastVersion + 1;
  const published = { machineArn: machine.arn, version, definition, roleArn, settings, revisionId, updatedAt, description };
  const stored = { ...published, createdAt: engine.now() };
  versions.add(stored);
  stateMachines.put({ ...machine, lastVersion: version });
  return stored;
}
