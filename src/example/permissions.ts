/** A statement of an IAM policy. Resources are ARNs, or functions of a template that give them. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow";
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly unknown[];
}

export function policyDocument(statements: readonly unknown[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}

/** Lets a service take a role on; `condition` keeps other accounts' resources from having it done (the confused deputy). */
export function trustPolicy(service: string, condition?: unknown): PolicyDocument {
  const statement = { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" };
  return policyDocument([condition === undefined ? statement : { ...statement, Condition: condition }]);
}

/**
 * What a state machine that logs to CloudWatch Logs needs. These actions take no resource (Step Functions Developer Guide, "IAM policies for
 * logging to CloudWatch Logs").
 */
export const logDelivery: Statement = {
  Sid: "DeliverLogs",
  Effect: "Allow",
  Action: [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
  ],
  Resource: "*",
};

/** An answer is allowed on the ARN of the state machine whose task it answers (recorded denials of AWS say so). */
export function answering(stateMachineArn: unknown, actions: readonly string[] = ["SendTaskSuccess", "SendTaskFailure"]): Statement {
  return { Sid: "AnswerTasks", Effect: "Allow", Action: actions.map((action) => `states:${action}`), Resource: stateMachineArn };
}
