import { ArnFormat, CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, IntegrationPattern, JsonPath, LogLevel, StateMachine, TaskInput, Timeout } from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import { Construct } from "constructs";

/** A function is handed a task token and answers success or failure at random. */
export class RandomExample extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const name = `${Stack.of(this).stackName}-random`;
    const logs = { retention: RetentionDays.TWO_WEEKS, removalPolicy: RemovalPolicy.DESTROY };

    const answerer = new LambdaFunction(this, "Function", {
      functionName: name,
      runtime: Runtime.NODEJS_24_X,
      code: Code.fromAsset("functions/random"),
      handler: "index.handler",
      timeout: Duration.seconds(10),
      logGroup: new LogGroup(this, "FunctionLogs", { logGroupName: `/aws/lambda/${name}`, ...logs }),
    });
    // By the machine's name: its definition names the function already, and neither could be made before the other.
    const machineArn = Stack.of(this).formatArn({
      service: "states",
      resource: "stateMachine",
      resourceName: name,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    answerer.addToRolePolicy(
      new PolicyStatement({ actions: ["states:SendTaskSuccess", "states:SendTaskFailure"], resources: [machineArn] }),
    );

    const ask = new LambdaInvoke(this, "Ask the function", {
      lambdaFunction: answerer,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      payload: TaskInput.fromObject({ input: JsonPath.entirePayload, taskToken: JsonPath.taskToken }),
      // A callback that is lost would hold its execution for up to a year.
      taskTimeout: Timeout.duration(Duration.hours(1)),
      retryOnServiceExceptions: false,
    });
    ask.addRetry({
      errors: ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"],
      interval: Duration.seconds(1),
      maxAttempts: 3,
      backoffRate: 2,
    });

    const machine = new StateMachine(this, "StateMachine", {
      stateMachineName: name,
      comment: "A function is handed a task token and answers success or failure at random.",
      definitionBody: DefinitionBody.fromChainable(ask),
      // With the execution data the log would hold every task token.
      logs: {
        destination: new LogGroup(this, "Logs", { logGroupName: `/aws/vendedlogs/states/${name}`, ...logs }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    new CfnOutput(this, "Arn", { value: machine.stateMachineArn });
  }
}
