import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/local/asl/json.ts";
import { sentInput, taskCall } from "../../../src/local/asl/task-call.ts";

const marked = { Name: "MANAGED_BY_AWS", Value: "STARTED_BY_STEP_FUNCTIONS" };

describe("what a call is made with", () => {
  it.each<[string, Json, Json]>([
    ["ecs:runTask.sync", { Cluster: "c" }, { Cluster: "c", StartedBy: "AWS Step Functions" }],
    ["batch:submitJob.sync", { JobName: "j" }, { JobName: "j", ContainerOverrides: { Environment: [marked] } }],
    [
      "batch:submitJob.sync",
      { ContainerOverrides: { Memory: 1, Environment: [{ Name: "A", Value: "b" }] } },
      { ContainerOverrides: { Memory: 1, Environment: [{ Name: "A", Value: "b" }, marked] } },
    ],
  ])("says of %s who started it", (resource, input, sent) => {
    const call = taskCall(`arn:aws:states:::${resource}`);
    expect(call && sentInput(call, input)).toEqual(sent);
  });

  it.each(["ecs:runTask", "ecs:runTask.waitForTaskToken", "batch:submitJob", "glue:startJobRun.sync", "lambda:invoke"])(
    "is just its parameters for %s",
    (resource) => {
      const call = taskCall(`arn:aws:states:::${resource}`);
      expect(call && sentInput(call, { Cluster: "c" })).toEqual({ Cluster: "c" });
    },
  );
});
