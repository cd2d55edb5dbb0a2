import type { StepFunctions } from "../../src/aws/step-functions.ts";

const callback = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const ask = {
  Type: "Task",
  Resource: callback,
  Parameters: { QueueUrl: "https://queue", MessageBody: { "request.$": "$", "taskToken.$": "$$.Task.Token" } },
};
const jsonataAsk = {
  Type: "Task",
  Resource: callback,
  Arguments: { QueueUrl: "https://queue", MessageBody: { taskToken: "{% $states.context.Task.Token %}" } },
};
const done = { Type: "Succeed" };

/** Machines in which a person decides, each in another way. */
export const decisionMachines = {
  /** A branch on the input comes before those on the answer. */
  decide: {
    StartAt: "Ask",
    States: {
      Ask: { ...ask, Comment: "Somebody decides.", ResultSelector: { "is.$": "$.decision" }, ResultPath: "$.review", Next: "Which?" },
      "Which?": {
        Type: "Choice",
        Choices: [
          {
            And: [
              { Variable: "$.amount", NumericGreaterThan: 100 },
              { Variable: "$.review.is", StringEquals: "approve" },
            ],
            Next: "Board",
          },
          { Variable: "$.review.is", StringEquals: "approve", Next: "Yes" },
          { Variable: "$.review.is", StringEquals: "reject", Next: "No" },
        ],
      },
      Board: { ...ask, End: true },
      Yes: done,
      No: { Type: "Fail", Error: "Rejected" },
    },
  },
  /** An answer without the field kills it. */
  naked: {
    StartAt: "Ask",
    States: {
      Ask: { ...ask, Next: "Approved?" },
      "Approved?": { Type: "Choice", Choices: [{ Variable: "$.approved", BooleanEquals: true, Next: "Yes" }], Default: "No" },
      Yes: done,
      No: { Type: "Fail", Error: "Rejected" },
    },
  },
  /** The answer goes into a variable, and the Choice reads the context object and an earlier variable too. */
  expressions: {
    QueryLanguage: "JSONata",
    StartAt: "Limit",
    States: {
      Limit: { Type: "Pass", Assign: { limit: 5 }, Next: "Ask" },
      Ask: { ...jsonataAsk, Assign: { verdict: "{% $states.result.verdict %}" }, Output: "{% $states.input %}", Next: "Which?" },
      "Which?": {
        Type: "Choice",
        Choices: [
          { Condition: "{% $verdict = 'keep' and $limit = 5 and $states.context.Execution.Name = 'one' %}", Next: "Keep" },
          { Condition: "{% $verdict = 'drop' and $limit = 6 %}", Next: "Never" },
        ],
        Default: "Drop",
      },
      Keep: done,
      Drop: { Type: "Fail", Error: "Dropped" },
      Never: done,
    },
  },
  /** In the children of a distributed Map. */
  spread: {
    StartAt: "Every",
    States: {
      Every: {
        Type: "Map",
        ItemsPath: "$.items",
        End: true,
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          StartAt: "Ask",
          States: {
            Ask: { ...ask, Next: "Which?" },
            "Which?": { Type: "Choice", Choices: [{ Variable: "$.v", StringEquals: "KEEP", Next: "Kept" }], Default: "Dropped" },
            Kept: { Type: "Pass", End: true },
            Dropped: { Type: "Fail", Error: "Dropped" },
          },
        },
      },
    },
  },
  /** In a Map in a Parallel, tried again after a failure. */
  nested: {
    StartAt: "First",
    States: {
      First: { Type: "Pass", Next: "Both" },
      Both: {
        Type: "Parallel",
        Catch: [{ ErrorEquals: ["No"], Next: "Caught" }],
        End: true,
        Branches: [
          { StartAt: "Nothing", States: { Nothing: { Type: "Pass", End: true } } },
          {
            StartAt: "Each",
            States: {
              Each: {
                Type: "Map",
                ItemsPath: "$.items",
                MaxConcurrency: 1,
                End: true,
                ItemProcessor: {
                  StartAt: "Ask",
                  States: { Ask: { ...ask, Retry: [{ ErrorEquals: ["Again"], MaxAttempts: 2, IntervalSeconds: 1 }], End: true } },
                },
              },
            },
          },
        ],
      },
      Caught: done,
    },
  },
};

export async function createDecisionMachines(stepFunctions: StepFunctions): Promise<void> {
  for (const [name, definition] of Object.entries(decisionMachines)) {
    const roleArn = "arn:aws:iam::123456789012:role/local";
    await stepFunctions.createStateMachine({ name, definition: JSON.stringify(definition), roleArn });
  }
}
