import { type ExampleName, machinesWithin } from "./definitions.ts";
import randomFunction from "./files/random.js?raw";
import { answering, logDelivery, policyDocument, type Statement, trustPolicy } from "./permissions.ts";

/** The function's runtime, and how long it may take: an answer is one call. */
export const nodeRuntime = "nodejs24.x";
export const functionTimeoutSeconds = 10;

/** How long the logs are kept. */
export const logRetentionDays = 14;

/** Longer than a request for approval may wait (7 days), or its message would be gone before. SQS keeps none longer. */
const messageRetentionSeconds = 14 * 24 * 3600;

/** So often a message is received without being deleted before it goes to the dead-letter queue. */
const mostReceives = 5;

/** The tag on all that can have one. */
export const exampleTag = { Key: "sfn-callback", Value: "example" } as const;

/** By this in its template's metadata a stack is known to be ours. */
export const mark = "sfn-callback";

export interface TemplateOptions {
  readonly machines: readonly ExampleName[];
  /** A role that is there already, for the state machines and the function; no role is made then. */
  readonly roleArn?: string | undefined;
  /** The boundary of the roles that are made. */
  readonly permissionsBoundary?: string | undefined;
}

export interface Template {
  readonly AWSTemplateFormatVersion: "2010-09-09";
  readonly Description: string;
  readonly Metadata: Readonly<Record<typeof mark, { readonly example: readonly ExampleName[] }>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs: Readonly<Record<string, { readonly Description: string; readonly Value: unknown }>>;
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly [attribute: string]: unknown;
}

type Resources = Record<string, Resource>;

/** The example as a CloudFormation template. All names begin with the stack's, so stacks do not get in each other's way. */
export function exampleTemplate(options: TemplateOptions): Template {
  const parts = { random: randomResources, approval: approvalResources };
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "The example of sfn-callback: Step Functions callback tasks (.waitForTaskToken).",
    Metadata: { [mark]: { example: options.machines } },
    Resources: Object.assign({}, ...options.machines.map((name) => parts[name](options))),
    Outputs: Object.fromEntries(
      options.machines.map((name) => [machineId(name), { Description: `The state machine ${name}`, Value: ref(machineId(name)) }]),
    ),
  };
}

/** A state machine's logical id, which is the name of the output with its ARN as well. */
export function machineId(name: ExampleName): string {
  return `${capitalised(name)}StateMachine`;
}

/** What a stack's machine is called. */
export function machineName(stackName: string, name: ExampleName): string {
  return `${stackName}-${name}`;
}

function randomResources(options: TemplateOptions): Resources {
  return {
    ...stateMachine("random", options, [
      { Sid: "AskTheFunction", Effect: "Allow", Action: "lambda:InvokeFunction", Resource: getAtt("RandomFunction", "Arn") },
    ]),
    RandomFunction: {
      Type: "AWS::Lambda::Function",
      Properties: {
        FunctionName: sub("${AWS::StackName}-random"),
        Description: "Answers a callback task at random (sfn-callback's example)",
        Runtime: nodeRuntime,
        Handler: "index.handler",
        Timeout: functionTimeoutSeconds,
        Role: options.roleArn ?? getAtt("RandomFunctionRole", "Arn"),
        Code: { ZipFile: randomFunction },
        LoggingConfig: { LogGroup: ref("RandomFunctionLogGroup") },
        Tags: [exampleTag],
      },
    },
    RandomFunctionLogGroup: logGroup("/aws/lambda/${AWS::StackName}-random"),
    ...(options.roleArn === undefined
      ? {
          RandomFunctionRole: role(options, trustPolicy("lambda.amazonaws.com"), [
            // By its name: the machine names the function already, and neither could be made before the other.
            answering(sub(machineArn("random"))),
            {
              Sid: "WriteLogs",
              Effect: "Allow",
              Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
              Resource: getAtt("RandomFunctionLogGroup", "Arn"),
            },
          ]),
        }
      : {}),
  };
}

function approvalResources(options: TemplateOptions): Resources {
  return {
    ...stateMachine("approval", options, [
      { Sid: "SendRequests", Effect: "Allow", Action: "sqs:SendMessage", Resource: getAtt("ApprovalQueue", "Arn") },
    ]),
    ApprovalQueue: queue("approval", { deadLetterTargetArn: getAtt("ApprovalDeadLetterQueue", "Arn"), maxReceiveCount: mostReceives }),
    ApprovalDeadLetterQueue: queue("approval-dead-letters"),
  };
}

function stateMachine(name: ExampleName, options: TemplateOptions, statements: readonly Statement[]): Resources {
  const [id, logs, ownRole] = [machineId(name), `${machineId(name)}LogGroup`, `${machineId(name)}Role`];
  return {
    [id]: {
      Type: "AWS::StepFunctions::StateMachine",
      Properties: {
        StateMachineName: sub(`\${AWS::StackName}-${name}`),
        StateMachineType: "STANDARD",
        RoleArn: options.roleArn ?? getAtt(ownRole, "Arn"),
        DefinitionString: sub(JSON.stringify(definition(name), null, 2)),
        LoggingConfiguration: {
          Level: "ALL",
          // With the data the log would hold inputs and outputs, and every task token.
          IncludeExecutionData: false,
          Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: getAtt(logs, "Arn") } }],
        },
        Tags: [exampleTag],
      },
    },
    // The prefix keeps the account's resource policy for logs from growing with every state machine.
    [logs]: logGroup(`/aws/vendedlogs/states/\${AWS::StackName}-${name}`),
    ...(options.roleArn === undefined
      ? {
          [ownRole]: role(
            options,
            trustPolicy("states.amazonaws.com", {
              StringEquals: { "aws:SourceAccount": ref("AWS::AccountId") },
              // All of the account's machines, as the Step Functions Developer Guide has it.
              ArnLike: { "aws:SourceArn": sub("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:*") },
            }),
            [...statements, logDelivery],
          ),
        }
      : {}),
  };
}

/** The very definition of `--local`, with references where that has names. */
function definition(name: ExampleName): unknown {
  const machines = machinesWithin({
    partition: "${AWS::Partition}",
    functionName: "${RandomFunction}",
    queueUrl: "${ApprovalQueue}",
  });
  return machines.find((machine) => machine.name === name)?.definition;
}

function machineArn(name: ExampleName): string {
  return `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:\${AWS::StackName}-${name}`;
}

function queue(name: string, redrivePolicy?: unknown): Resource {
  return {
    Type: "AWS::SQS::Queue",
    Properties: {
      QueueName: sub(`\${AWS::StackName}-${name}`),
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: messageRetentionSeconds,
      ...(redrivePolicy === undefined ? {} : { RedrivePolicy: redrivePolicy }),
      Tags: [exampleTag],
    },
  };
}

function logGroup(name: string): Resource {
  return {
    Type: "AWS::Logs::LogGroup",
    DeletionPolicy: "Delete",
    UpdateReplacePolicy: "Delete",
    Properties: { LogGroupName: sub(name), RetentionInDays: logRetentionDays, Tags: [exampleTag] },
  };
}

function role(options: TemplateOptions, trust: unknown, statements: readonly Statement[]): Resource {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: trust,
      ...(options.permissionsBoundary === undefined ? {} : { PermissionsBoundary: options.permissionsBoundary }),
      Policies: [{ PolicyName: "example", PolicyDocument: policyDocument(statements) }],
      Tags: [exampleTag],
    },
  };
}

/** A template's own functions. */
function sub(text: string): unknown {
  return { "Fn::Sub": text };
}

function ref(logicalId: string): unknown {
  return { Ref: logicalId };
}

function getAtt(logicalId: string, attribute: string): unknown {
  return { "Fn::GetAtt": [logicalId, attribute] };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
