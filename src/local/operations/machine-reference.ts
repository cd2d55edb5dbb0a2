import { ApiError } from "../api-error.ts";
import type { Engine } from "../engine.ts";
import type { Revision, StoredStateMachine } from "../store/state-machines.ts";
import type { Routing, StoredVersion } from "../store/versions.ts";
import { invalid } from "./operation.ts";

/** What a machine's ARN names: the machine, one of its versions or aliases, or a distributed Map in it. */
export interface MachineReference {
  readonly machineArn: string;
  /** A version's number or an alias's name. */
  readonly qualifier: string | null;
  readonly label: string | null;
}

/** A machine in the revision that a plain, a version's or an alias's ARN leads to. */
export interface ChosenRevision {
  readonly machine: StoredStateMachine;
  readonly revision: Revision;
  readonly version: StoredVersion | null;
  readonly aliasArn: string | null;
}

export function readMachineArn(arn: string): MachineReference {
  const parts = arn.split(":");
  const [name = "", label = null] = (parts[6] ?? "").split("/");
  return { machineArn: [...parts.slice(0, 6), name].join(":"), qualifier: parts.length > 7 ? parts.slice(7).join(":") : null, label };
}

export function versionArn({ machineArn, version }: Pick<StoredVersion, "machineArn" | "version">): string {
  return `${machineArn}:${version}`;
}

/** The number in a version's ARN; null for any other. */
export function versionOf(arn: string): Pick<StoredVersion, "machineArn" | "version"> | null {
  const { machineArn, qualifier, label } = readMachineArn(arn);
  return label === null && qualifier !== null && isVersion(qualifier) ? { machineArn, version: Number(qualifier) } : null;
}

/** The machine of an unqualified ARN. That of a version is no machine's (recorded). */
export function existingMachine(engine: Engine, arn: string): StoredStateMachine {
  refuseLabel(arn);
  const machine = engine.store.stateMachines.get(arn);
  if (machine === null) throw noSuchMachine(arn);
  return machine;
}

/** Refuses one that is being deleted, too. */
export function activeMachine(engine: Engine, arn: string): StoredStateMachine {
  const machine = existingMachine(engine, arn);
  refuseDeleting(machine);
  return machine;
}

/** Follows an ARN to a revision; `choose` picks from an alias's versions. */
export function chosenRevision(engine: Engine, arn: string, choose: (routing: Routing) => string): ChosenRevision {
  refuseLabel(arn);
  const { machineArn, qualifier } = readMachineArn(arn);
  const machine = engine.store.stateMachines.get(machineArn);
  if (machine === null) throw noSuchMachine(arn);
  if (qualifier === null) return { machine, revision: machine, version: null, aliasArn: null };
  const alias = isVersion(qualifier) ? null : engine.store.versions.alias(machineArn, qualifier);
  const target = versionOf(alias === null ? arn : choose(alias.routing));
  const version = target === null ? null : engine.store.versions.get(machineArn, target.version);
  if (version === null) throw noSuchMachine(arn);
  return { machine, revision: version, version, aliasArn: alias === null ? null : arn };
}

export function refuseDeleting({ arn, status }: StoredStateMachine): void {
  if (status === "DELETING") throw new ApiError("StateMachineDeleting", `State Machine is being deleted: '${arn}'`);
}

/** A distributed Map within a machine can be neither started, changed nor deleted (documented; the message is ours). */
function refuseLabel(arn: string): void {
  if (readMachineArn(arn).label !== null) throw invalid(`The ARN of a Distributed Map state is not valid in this context: '${arn}'`);
}

function noSuchMachine(arn: string): ApiError {
  return new ApiError("StateMachineDoesNotExist", `State Machine Does Not Exist: '${arn}'`);
}

function isVersion(qualifier: string): boolean {
  return /^[1-9]\d{0,14}$/.test(qualifier);
}
