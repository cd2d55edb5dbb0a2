import { join } from "node:path";
import { expect, it } from "vitest";
import { findTask } from "../../src/answering/look-up.ts";
import { previewAnswer } from "../../src/answering/preview.ts";
import type { StepFunctions } from "../../src/aws/step-functions.ts";
import { waitingTasks } from "../../src/callback/history/waiting-tasks.ts";
import { temporaryFolder } from "../harness.ts";
import { throughApi } from "../local-file.ts";

const ask = {
  Type: "Task",
  Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
  Parameters: { QueueUrl: "q", MessageBody: { "t.$": "$$.Task.Token" } },
  Next: "Which?",
};
const choice = { Type: "Choice", Choices: [{ Variable: "$limit", NumericEquals: 5, Next: "Yes" }] };
const definition = JSON.stringify({
  StartAt: "Limit",
  States: {
    Limit: { Type: "Pass", Assign: { limit: 5 }, Next: "Ask" },
    Ask: ask,
    "Which?": choice,
    Yes: { Type: "Succeed" },
  },
});

async function asked(stepFunctions: StepFunctions) {
  const roleArn = "arn:aws:iam::123456789012:role/x";
  const { arn } = await stepFunctions.createStateMachine({ name: "m", definition, roleArn });
  const execution = await stepFunctions.startExecution({ stateMachineArn: arn, input: "{}" });
  for await (const events of stepFunctions.history(execution.arn, "oldestFirst")) {
    const eventId = waitingTasks(events)[0]?.eventId ?? 0;
    return findTask(stepFunctions, execution.arn, eventId);
  }
  throw new Error("there is no history");
}

it("a preview refuses nothing for what it does not know: variables and inputs that are not in the events that were read", async () => {
  await throughApi(join(temporaryFolder(), "f.db"), async (stepFunctions) => {
    const found = await asked(stepFunctions);
    const answer = { kind: "success", output: "{}" } as const;
    const preview = (known: typeof found) => previewAnswer(stepFunctions.tryState, known, definition, answer);
    expect(await preview(found)).toMatchObject({ passed: ["Which?", "Yes"], kills: null, unforeseen: null });
    const events = found.events.filter(({ id = 0 }) => id > 3);
    expect(await preview({ ...found, events })).toMatchObject({
      passed: ["Which?"],
      kills: null,
      unforeseen: expect.stringContaining("variables"),
    });
    expect(await preview({ ...found, task: { ...found.task, input: null } })).toMatchObject({
      passed: [],
      kills: null,
      unforeseen: expect.stringContaining("input"),
    });
  });
});
