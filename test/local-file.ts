import { connectEndpoint } from "../src/aws/connection.ts";
import type { HistoryEvent, StepFunctions } from "../src/aws/step-functions.ts";
import { createLocal } from "../src/local/local.ts";

/** Serves a local file for as long as `act` runs, as any AWS SDK would see it. */
export async function throughApi<Result>(file: string, act: (stepFunctions: StepFunctions) => Promise<Result>): Promise<Result> {
  await using local = await createLocal({ file, port: 0 });
  const place = { kind: "local", region: local.region, file } as const;
  await using connection = connectEndpoint({ url: local.url, region: local.region, place, clock: local, version: "0.0.0" });
  return await act(connection.stepFunctions);
}

/** Every event of every execution in a local file, by GetExecutionHistory and execution ARN. */
export function allHistories(file: string): Promise<ReadonlyMap<string, readonly HistoryEvent[]>> {
  return throughApi(file, async (stepFunctions) => {
    const histories = new Map<string, HistoryEvent[]>();
    for await (const { arn } of stepFunctions.stateMachines()) {
      for await (const execution of stepFunctions.executions({ stateMachineArn: arn })) {
        const events: HistoryEvent[] = [];
        for await (const page of stepFunctions.history(execution.arn, "oldestFirst")) events.push(...page);
        histories.set(execution.arn, events);
      }
    }
    return histories;
  });
}
