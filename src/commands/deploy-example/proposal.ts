import type { ChangeSet, ChangeSetRequest, CloudFormation } from "../../aws/cloudformation.ts";
import type { Connection, Context } from "../../context.ts";
import { CliError } from "../../errors.ts";
import { pauses } from "./follow.ts";

/** A change set that is taken back, with the empty stack it stands for, where it was not executed. */
export interface Proposal extends AsyncDisposable {
  readonly stackId: string;
  /** What it changes, once CloudFormation has reckoned it. */
  reckoned(): Promise<ChangeSet>;
  execute(): Promise<void>;
}

export async function propose(
  { terminal, clock, signal, undoAtEnd }: Context,
  connection: Connection,
  cloudFormation: CloudFormation,
  request: ChangeSetRequest,
): Promise<Proposal> {
  const { id, stackId } = await cloudFormation.createChangeSet(request);
  let executed = false;
  const takenBack = undoAtEnd(async () => {
    if (executed) return;
    try {
      await takeBack();
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      terminal.warn(`the change set ${request.name} stays: ${error.message}`);
    }
  });

  async function takeBack(): Promise<void> {
    // A Ctrl-C must not keep it from being taken back.
    const unstopped = await connection.cloudFormation();
    if (request.kind === "update") return unstopped.deleteChangeSet(id);
    const stack = await unstopped.stack(stackId);
    if (stack?.status === "REVIEW_IN_PROGRESS") await unstopped.deleteStack(stackId);
  }

  return {
    stackId,

    async reckoned() {
      const progress = terminal.progress(`reckoning what changes in the stack ${request.stackName}`);
      const pause = pauses();
      try {
        for (;;) {
          const changeSet = await cloudFormation.changeSet(id);
          if (changeSet.status !== "pending") return changeSet;
          await clock.sleep(pause.next().value, signal);
        }
      } finally {
        progress.stop();
      }
    },

    async execute() {
      await cloudFormation.executeChangeSet(id);
      executed = true;
    },

    [Symbol.asyncDispose]: takenBack,
  };
}
