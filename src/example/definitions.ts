/** A state machine of the example: its name and its Amazon States Language. */
export interface ExampleMachine {
  readonly name: ExampleName;
  readonly about: string;
  readonly definition: unknown;
}

export type ExampleName = "random" | "approval";

/** What the definitions name of the world around them. */
export interface Surroundings {
  readonly partition: string;
  /** Of the Lambda function that answers at random. */
  readonly functionName: string;
  /** Of the SQS queue that the requests for approval go to; a template may give it by a function. */
  readonly queueUrl: unknown;
}

/**
 * A function that randomly answers success or failure through the token it is handed; the execution ends as it answered.
 * TimeoutSeconds is there because a callback that is lost otherwise holds its execution for up to a year.
 */
const random = ({ partition, functionName }: Surroundings): ExampleMachine => ({
  name: "random",
  about: "a Lambda function answers at random",
  definition: {
    Comment: "A function is handed a task token and answers success or failure at random.",
    StartAt: "Ask the function",
    States: {
      "Ask the function": {
        Type: "Task",
        Resource: `arn:${partition}:states:::lambda:invoke.waitForTaskToken`,
        Parameters: {
          FunctionName: functionName,
          Payload: { "input.$": "$", "taskToken.$": "$$.Task.Token" },
        },
        TimeoutSeconds: 3600,
        Retry: [
          {
            ErrorEquals: [
              "Lambda.ServiceException",
              "Lambda.AWSLambdaException",
              "Lambda.SdkClientException",
              "Lambda.TooManyRequestsException",
            ],
            IntervalSeconds: 1,
            MaxAttempts: 3,
            BackoffRate: 2,
          },
        ],
        End: true,
      },
    },
  },
});

/**
 * A person decides. `approved: true` ends SUCCEEDED in Approved. Anything else ends FAILED, told apart by the error: `Rejected` (an
 * answer without `approved: true`, or a task failed by `fail`) or `Expired` (nobody answered, or no heartbeat came).
 */
const approval = ({ partition, queueUrl }: Surroundings): ExampleMachine => ({
  name: "approval",
  about: "a person approves or rejects a request",
  definition: {
    Comment: "A request and a task token go to a queue; a person approves or rejects it.",
    StartAt: "Ask for approval",
    States: {
      "Ask for approval": {
        Type: "Task",
        Comment: "Whoever works on the request beats once a day (sfn-callback heartbeat); a day without a beat gives the request up.",
        Resource: `arn:${partition}:states:::sqs:sendMessage.waitForTaskToken`,
        Parameters: {
          QueueUrl: queueUrl,
          MessageBody: { "request.$": "$", "taskToken.$": "$$.Task.Token" },
        },
        TimeoutSeconds: 604800,
        HeartbeatSeconds: 86400,
        Catch: [
          { ErrorEquals: ["States.Timeout", "States.HeartbeatTimeout"], Next: "Expired" },
          { ErrorEquals: ["States.ALL"], Next: "Rejected" },
        ],
        Next: "Approved?",
      },
      "Approved?": {
        Type: "Choice",
        Comment: "IsPresent first: an answer without the field is a rejection, not a States.Runtime error.",
        Choices: [
          {
            And: [
              { Variable: "$.approved", IsPresent: true },
              { Variable: "$.approved", BooleanEquals: true },
            ],
            Next: "Approved",
          },
        ],
        Default: "Rejected",
      },
      Approved: { Type: "Succeed" },
      Rejected: { Type: "Fail", Error: "Rejected", Cause: "The request was rejected." },
      Expired: { Type: "Fail", Error: "Expired", Cause: "Nobody answered the request in time." },
    },
  },
});

/** The machines of the example with these surroundings, in the order they are deployed. */
export function machinesWithin(surroundings: Surroundings): readonly ExampleMachine[] {
  return [random(surroundings), approval(surroundings)];
}

/** The example where no stack is: with the names that the stack `sfn-callback-example` gives in the embedded Step Functions' account. */
export const exampleMachines: readonly ExampleMachine[] = machinesWithin({
  partition: "aws",
  functionName: "sfn-callback-example-random",
  queueUrl: "https://sqs.us-east-1.amazonaws.com/123456789012/sfn-callback-example-approval",
});
