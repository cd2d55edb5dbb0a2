/** A stack as CloudFormation has it. */
export interface Stack {
  /** Its ARN. It stays good for reading after the stack is deleted, while the name may be another stack's by then. */
  readonly id: string;
  readonly name: string;
  /** CREATE_COMPLETE, UPDATE_ROLLBACK_FAILED and so on. */
  readonly status: string;
  readonly statusReason: string | null;
}

export interface StackEvent {
  readonly id: string;
  readonly logicalId: string;
  readonly physicalId: string | null;
  /** AWS::Lambda::Function, or AWS::CloudFormation::Stack for the stack itself. */
  readonly type: string;
  readonly status: string;
  readonly reason: string | null;
}

export interface StackResource {
  readonly logicalId: string;
  readonly physicalId: string | null;
  readonly type: string;
  readonly status: string;
  readonly reason: string | null;
}

/** What executing a change set does to one resource. */
export interface ResourceChange {
  readonly action: "Add" | "Modify" | "Remove" | "Import" | "Dynamic" | "SyncWithActual";
  readonly logicalId: string;
  readonly physicalId: string | null;
  readonly type: string;
  /** Whether a modified resource is made anew, which deletes the one that is there; only CloudFormation knows a `maybe`. */
  readonly replacement: "yes" | "no" | "maybe";
}

/** `empty`: the stack is as the template says already. */
export type ChangeSetStatus = "pending" | "ready" | "empty" | "failed";

export interface ChangeSet {
  readonly status: ChangeSetStatus;
  readonly reason: string | null;
  readonly changes: readonly ResourceChange[];
}

export interface ChangeSetRequest {
  readonly stackName: string;
  readonly name: string;
  readonly kind: "create" | "update";
  /** The template's text, JSON or YAML. */
  readonly template: string;
  /** The template makes IAM roles, and whoever asks for it knows. */
  readonly makesRoles: boolean;
  /** Of the stack and all that is in it; null leaves a stack's own as they are. */
  readonly tags: Readonly<Record<string, string>> | null;
}

/** AWS CloudFormation in the domain's words. Every failure is a CliError that says what was attempted and what AWS answered. */
export interface CloudFormation {
  /** Whether CloudFormation is what answers at this endpoint; a failure where nothing does. */
  answers(): Promise<boolean>;
  /** By name (never a deleted one) or by id; null where there is none. */
  stack(nameOrId: string): Promise<Stack | null>;
  /** The text the stack was made with last. */
  template(stackName: string): Promise<string>;
  /** All resources that are or were in it. */
  resources(stackName: string): Promise<readonly StackResource[]>;
  /** Newest first, a page at a time. */
  events(stackId: string): AsyncIterable<readonly StackEvent[]>;
  /** The names of the change sets that were made and not executed. */
  changeSetNames(stackName: string): Promise<readonly string[]>;
  /** Begins to reckon what would change; nothing is changed yet, but where there was no stack an empty one is made, in REVIEW_IN_PROGRESS. */
  createChangeSet(request: ChangeSetRequest): Promise<{ readonly id: string; readonly stackId: string }>;
  changeSet(id: string): Promise<ChangeSet>;
  deleteChangeSet(id: string): Promise<void>;
  /** Begins to change the stack. */
  executeChangeSet(id: string): Promise<void>;
  /** Begins to delete the stack. */
  deleteStack(stackId: string): Promise<void>;
}
