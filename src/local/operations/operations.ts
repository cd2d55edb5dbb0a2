import { activityOperations } from "./activities.ts";
import { executionOperations } from "./executions.ts";
import { mapRunOperations } from "./map-runs.ts";
import type { Operations } from "./operation.ts";
import { stateMachineOperations } from "./state-machines.ts";
import { taskOperations } from "./tasks.ts";

/** The whole API, by operation name. */
export const operations: Operations = {
  ...stateMachineOperations,
  ...executionOperations,
  ...mapRunOperations,
  ...taskOperations,
  ...activityOperations,
};
