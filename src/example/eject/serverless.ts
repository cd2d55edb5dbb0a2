import { type ExampleName, machinesWithin } from "../definitions.ts";
import randomFunction from "../files/random.js?raw";
import randomRuby from "../files/random.rb?raw";
import { exampleTag, exampleTemplate, functionTimeoutSeconds, logRetentionDays, machineId, nodeRuntime } from "../template.ts";
import { yamlText } from "../template-text.ts";
import type { ProjectFiles, Runtime } from "./project.ts";

const languages = {
  nodejs: { runtime: nodeRuntime, file: "functions/random.js", text: randomFunction, answers: ["SendTaskSuccess", "SendTaskFailure"] },
  ruby: {
    runtime: "ruby3.4",
    file: "functions/random.rb",
    text: randomRuby,
    answers: ["SendTaskHeartbeat", "SendTaskSuccess", "SendTaskFailure"],
  },
} as const;

/** The example for the Serverless Framework with the plugin serverless-step-functions. */
export async function serverlessProject(machines: readonly ExampleName[], runtime: Runtime): Promise<ProjectFiles> {
  const language = languages[runtime];
  const hasFunction = machines.includes("random");
  return {
    "serverless.yml": await yamlText(serverlessConfig(machines, language), ["stateMachines", "Resources"]),
    ...(hasFunction ? { [language.file]: language.text } : {}),
    "package.json": `${JSON.stringify(
      {
        name: "sfn-callback-example",
        private: true,
        scripts: { package: "osls package", deploy: "osls deploy", remove: "osls remove" },
        devDependencies: { osls: "^4.3.1", "serverless-step-functions": "^3.31.2" },
      },
      null,
      2,
    )}\n`,
    ".gitignore": "node_modules/\n.serverless/\n",
  };
}

function serverlessConfig(machines: readonly ExampleName[], language: (typeof languages)[Runtime]) {
  const { Resources } = exampleTemplate({ machines });
  const same = Object.entries(Resources).filter(
    ([logicalId, { Type }]) => Type === "AWS::SQS::Queue" || (Type === "AWS::Logs::LogGroup" && logicalId !== "RandomFunctionLogGroup"),
  );
  // The plugin finds what the role of a machine needs by its resources, which have to be spelled in the partition aws.
  const definitions = machinesWithin({ partition: "aws", functionName: nameOf("random"), queueUrl: { Ref: "ApprovalQueue" } });
  return {
    service: "sfn-callback-example",
    plugins: ["serverless-step-functions"],
    provider: {
      name: "aws",
      runtime: language.runtime,
      stackName: "${self:service}-${sls:stage}",
      logRetentionInDays: logRetentionDays,
      tags: { [exampleTag.Key]: exampleTag.Value },
      ...(machines.includes("random") ? { iam: { role: { statements: [answerStatement(language.answers)] } } } : {}),
    },
    package: { patterns: ["!**", "functions/**"] },
    ...(machines.includes("random")
      ? { functions: { random: { name: nameOf("random"), handler: "functions/random.handler", timeout: functionTimeoutSeconds } } }
      : {}),
    stepFunctions: {
      stateMachines: Object.fromEntries(
        definitions
          .filter(({ name }) => machines.includes(name))
          .map(({ name, definition }) => [
            name,
            {
              name: nameOf(name),
              type: "STANDARD",
              loggingConfig: {
                level: "ALL",
                includeExecutionData: false,
                destinations: [{ "Fn::GetAtt": [`${machineId(name)}LogGroup`, "Arn"] }],
              },
              definition,
            },
          ]),
      ),
    },
    resources: { Resources: Object.fromEntries(same) },
  };
}

function answerStatement(actions: readonly string[]) {
  return {
    Effect: "Allow",
    Action: actions.map((action) => `states:${action}`),
    Resource: { "Fn::Sub": `arn:\${AWS::Partition}:states:\${AWS::Region}:\${AWS::AccountId}:stateMachine:${nameOf("random")}` },
  };
}

function nameOf(name: ExampleName): string {
  return `\${self:provider.stackName}-${name}`;
}
