import { type ExampleName, machinesWithin } from "../definitions.ts";
import randomFunction from "../files/random.js?raw";
import { answering, logDelivery } from "../permissions.ts";
import { exampleTag, exampleTemplate, functionTimeoutSeconds, machineId, nodeRuntime, type Resource } from "../template.ts";
import { yamlText } from "../template-text.ts";
import type { ProjectFiles } from "./project.ts";

const tags = { [exampleTag.Key]: exampleTag.Value };

/** The example for AWS SAM. */
export async function samProject(machines: readonly ExampleName[]): Promise<ProjectFiles> {
  const definitions = machinesWithin({ partition: "${Partition}", functionName: "${RandomFunction}", queueUrl: "${ApprovalQueue}" });
  return {
    "template.yaml": await yamlText(samTemplate(machines)),
    ...Object.fromEntries(
      definitions
        .filter(({ name }) => machines.includes(name))
        .map(({ name, definition }) => [definitionFile(name), `${JSON.stringify(definition, null, 2)}\n`]),
    ),
    ...(machines.includes("random") ? { "functions/random/index.js": randomFunction } : {}),
    "samconfig.toml": `version = 0.1

[default.deploy.parameters]
stack_name = "sfn-callback-example"
capabilities = "CAPABILITY_IAM"
resolve_s3 = true
confirm_changeset = true
`,
    ".gitignore": ".aws-sam/\n",
  };
}

/** What is the same without SAM (queues, log groups, outputs) is that of the plain template. */
function samTemplate(machines: readonly ExampleName[]) {
  const { AWSTemplateFormatVersion, Description, Resources, Outputs } = exampleTemplate({ machines });
  const same = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::SQS::Queue" || Type === "AWS::Logs::LogGroup");
  const policies = {
    random: { LambdaInvokePolicy: { FunctionName: { Ref: "RandomFunction" } } },
    approval: { SQSSendMessagePolicy: { QueueName: { "Fn::GetAtt": ["ApprovalQueue", "QueueName"] } } },
  };
  const references = { random: "RandomFunction", approval: "ApprovalQueue" };
  return {
    AWSTemplateFormatVersion,
    Transform: "AWS::Serverless-2016-10-31",
    Description,
    Resources: {
      ...Object.fromEntries(machines.map((name) => [machineId(name), stateMachine(name, references[name], policies[name])])),
      ...(machines.includes("random") ? { RandomFunction: randomFunctionResource() } : {}),
      ...Object.fromEntries(same),
    },
    Outputs,
  };
}

function stateMachine(name: ExampleName, reference: string, policy: unknown): Resource {
  return {
    Type: "AWS::Serverless::StateMachine",
    Properties: {
      Name: { "Fn::Sub": `\${AWS::StackName}-${name}` },
      Type: "STANDARD",
      DefinitionUri: definitionFile(name),
      DefinitionSubstitutions: { Partition: { Ref: "AWS::Partition" }, [reference]: { Ref: reference } },
      Policies: [policy, { Version: "2012-10-17", Statement: [logDelivery] }],
      Logging: {
        Level: "ALL",
        IncludeExecutionData: false,
        Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: { "Fn::GetAtt": [`${machineId(name)}LogGroup`, "Arn"] } } }],
      },
      Tags: tags,
    },
  };
}

function randomFunctionResource(): Resource {
  const machineArn = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}-random";
  return {
    Type: "AWS::Serverless::Function",
    Properties: {
      FunctionName: { "Fn::Sub": "${AWS::StackName}-random" },
      CodeUri: "functions/random/",
      Handler: "index.handler",
      Runtime: nodeRuntime,
      Timeout: functionTimeoutSeconds,
      Policies: [{ Version: "2012-10-17", Statement: [answering({ "Fn::Sub": machineArn })] }],
      LoggingConfig: { LogGroup: { Ref: "RandomFunctionLogGroup" } },
      Tags: tags,
    },
  };
}

function definitionFile(name: ExampleName): string {
  return `statemachines/${name}.asl.json`;
}
