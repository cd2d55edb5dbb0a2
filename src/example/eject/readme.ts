import type { ExampleName } from "../definitions.ts";
import type { Tool } from "./project.ts";

interface Steps {
  readonly name: string;
  readonly needs: string;
  readonly deploy: readonly string[];
  readonly remove: readonly string[];
}

const steps: Readonly<Record<Tool, Steps>> = {
  cloudformation: {
    name: "CloudFormation",
    needs: "The AWS CLI, with credentials.",
    deploy: ["aws cloudformation deploy --stack-name sfn-callback-example --template-file template.yaml --capabilities CAPABILITY_IAM"],
    remove: ["aws cloudformation delete-stack --stack-name sfn-callback-example"],
  },
  sam: {
    name: "AWS SAM",
    needs: "The AWS SAM CLI, with credentials.",
    deploy: ["sam build", "sam deploy"],
    remove: ["sam delete"],
  },
  serverless: {
    name: "Serverless Framework",
    needs: "Node.js, with AWS credentials. `osls` is the open Serverless Framework; `serverless` takes the same file.",
    deploy: ["npm install", "npx osls deploy"],
    remove: ["npx osls remove"],
  },
  cdk: {
    name: "AWS CDK",
    needs: "Node.js, with AWS credentials, and an account and Region prepared once by `npx cdk bootstrap`.",
    deploy: ["npm install", "npx cdk deploy"],
    remove: ["npx cdk destroy"],
  },
};

/** What a project's stack is called; the machines' names begin with it. */
export const stackNames: Readonly<Record<Tool, string>> = {
  cloudformation: "sfn-callback-example",
  sam: "sfn-callback-example",
  serverless: "sfn-callback-example-dev",
  cdk: "sfn-callback-example",
};

const about: Readonly<Record<ExampleName, string>> = {
  random: "hands a task token to a Lambda function, which answers success or failure at random. The execution ends as it answered.",
  approval:
    "sends a request with a task token to an SQS queue, and waits up to 7 days for a person. `approved: true` ends it SUCCEEDED, anything else FAILED.",
};

/** What a project is, and how it is deployed, tried and taken away. */
export function readme(machines: readonly ExampleName[], tool: Tool): string {
  const { name, needs, deploy, remove } = steps[tool];
  const stack = stackNames[tool];
  return [
    `# Step Functions callback tasks, with ${name}`,
    "",
    "The example of sfn-callback as a project of your own. A callback task (`.waitForTaskToken`) waits until somebody answers with its token.",
    "",
    ...machines.map((machine) => `- \`${stack}-${machine}\` ${about[machine]}`),
    "",
    "Each logs to CloudWatch Logs without execution data, since that would hold the task tokens.",
    "",
    "## Deploy",
    "",
    needs,
    "",
    ...shell(deploy),
    "",
    "## Try",
    "",
    ...shell(machines.flatMap((machine) => tryIt(machine, `${stack}-${machine}`))),
    "",
    "## Take away",
    "",
    ...shell(remove),
    "",
    "A state machine is gone when its executions have ended: `npx sfn-callback stop <task>` ends those that wait.",
    "",
  ].join("\n");
}

function tryIt(machine: ExampleName, name: string): string[] {
  if (machine === "random") return [`npx sfn-callback start ${name} --input '{"guess":"heads"}' --until ended --timeout 1m`];
  return [
    `npx sfn-callback start ${name} --name order-17 --input '{"order":17}' --until waiting`,
    "npx sfn-callback pending",
    `npx sfn-callback answer ${name}/order-17 approve --contract contract.json`,
  ];
}

function shell(commands: readonly string[]): string[] {
  return ["```sh", ...commands, "```"];
}
