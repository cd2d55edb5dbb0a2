import { CfnOutput, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import {
  Choice,
  Condition,
  DefinitionBody,
  Fail,
  IntegrationPattern,
  JsonPath,
  LogLevel,
  StateMachine,
  Succeed,
  TaskInput,
  Timeout,
} from "aws-cdk-lib/aws-stepfunctions";
import { SqsSendMessage } from "aws-cdk-lib/aws-stepfunctions-tasks";
import { Construct } from "constructs";

/** A request and a task token go to a queue; a person approves or rejects it. */
export class ApprovalExample extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const name = `${Stack.of(this).stackName}-approval`;
    // Kept longer than a request may wait (7 days), or its message would be gone before.
    const queue = { encryption: QueueEncryption.SQS_MANAGED, retentionPeriod: Duration.days(14) };
    const deadLetters = new Queue(this, "DeadLetters", { queueName: `${name}-dead-letters`, ...queue });
    const requests = new Queue(this, "Requests", {
      queueName: name,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 5 },
      ...queue,
    });

    const expired = new Fail(this, "Expired", { error: "Expired", cause: "Nobody answered the request in time." });
    const rejected = new Fail(this, "Rejected", { error: "Rejected", cause: "The request was rejected." });
    const isApproved = Condition.and(Condition.isPresent("$.approved"), Condition.booleanEquals("$.approved", true));
    const decision = new Choice(this, "Approved?", {
      comment: "IsPresent first: an answer without the field is a rejection, not a States.Runtime error.",
    })
      .when(isApproved, new Succeed(this, "Approved"))
      .otherwise(rejected);
    const ask = new SqsSendMessage(this, "Ask for approval", {
      comment: "Whoever works on the request beats once a day (sfn-callback heartbeat); a day without a beat gives the request up.",
      queue: requests,
      integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      messageBody: TaskInput.fromObject({ request: JsonPath.entirePayload, taskToken: JsonPath.taskToken }),
      taskTimeout: Timeout.duration(Duration.days(7)),
      heartbeatTimeout: Timeout.duration(Duration.days(1)),
    });
    ask.addCatch(expired, { errors: ["States.Timeout", "States.HeartbeatTimeout"] });
    ask.addCatch(rejected, { errors: ["States.ALL"] });

    const machine = new StateMachine(this, "StateMachine", {
      stateMachineName: name,
      comment: "A request and a task token go to a queue; a person approves or rejects it.",
      definitionBody: DefinitionBody.fromChainable(ask.next(decision)),
      // With the execution data the log would hold every task token.
      logs: {
        destination: new LogGroup(this, "Logs", {
          logGroupName: `/aws/vendedlogs/states/${name}`,
          retention: RetentionDays.TWO_WEEKS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    new CfnOutput(this, "Arn", { value: machine.stateMachineArn });
  }
}
