import { activityOperations } from "./activities.ts";
import { aliasOperations } from "./aliases.ts";
import { executionOperations } from "./executions.ts";
import { historyOperations } from "./history.ts";
import { mapRunOperations } from "./map-runs.ts";
import type { Operations } from "./operation.ts";
import { redriveOperations } from "./redrive.ts";
import { startOperations } from "./start-execution.ts";
import { stateMachineOperations } from "./state-machines.ts";
import { tagOperations } from "./tags.ts";
import { taskOperations } from "./tasks.ts";
import { testStateOperations } from "./test-state.ts";
import { versionOperations } from "./versions.ts";

/** The whole API, by operation name. */
export const operations: Operations = {
  ...stateMachineOperations,
  ...versionOperations,
  ...aliasOperations,
  ...tagOperations,
  ...startOperations,
  ...executionOperations,
  ...redriveOperations,
  ...historyOperations,
  ...mapRunOperations,
  ...taskOperations,
  ...activityOperations,
  ...testStateOperations,
};
