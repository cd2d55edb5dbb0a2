import { answering, type Statement } from "../../example/permissions.ts";
import { activityArns, answerArns, executionArns, machineArns, mapRunArns, type Scope } from "./scope.ts";

/** The statements of a policy, and what no statement could hold back. */
export interface PolicyParts {
  readonly statements: readonly Statement[];
  readonly cannotRestrict: readonly string[];
}

const answers = ["SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"];

/** Who finds and shows waiting tasks: pending, show, wait. */
export function listerPolicy(scope: Scope, kmsKey: string | null): PolicyParts {
  return {
    statements: [
      // It takes no resource (service authorization reference of Step Functions).
      allow("FindStateMachines", ["states:ListStateMachines"], "*"),
      allow("ReadStateMachines", ["states:DescribeStateMachine", "states:ListExecutions"], machineArns(scope)),
      allow("ReadMapRuns", ["states:ListExecutions"], mapRunArns(scope)),
      allow(
        "ReadExecutions",
        ["states:DescribeExecution", "states:DescribeStateMachineForExecution", "states:GetExecutionHistory"],
        executionArns(scope),
      ),
      ...decrypting(kmsKey, "states:stateMachineArn", machineArns(scope)),
    ],
    cannotRestrict: [
      "states:ListStateMachines takes no resource: the names of all state machines of the Region are seen.",
      "states:GetExecutionHistory gives whole histories: inputs, outputs and the task tokens in them. A token is of use only to who may send answers.",
      "No action tells waiting tasks from others, so a policy cannot allow the one and not the other.",
    ],
  };
}

/** Who answers tasks that they find: succeed, fail, answer, heartbeat. */
export function approverPolicy(scope: Scope, kmsKey: string | null): PolicyParts {
  const lister = listerPolicy(scope, kmsKey);
  return {
    statements: [...lister.statements, answering(answerArns(scope), answers)],
    cannotRestrict: [
      "An answer is judged by its state machine alone: not by state, execution, input, or whether it is a success or a failure that is meant for others.",
      'AWS\'s service reference lists no resource for states:SendTask…, its denials name the state machine. Where a policy with ARNs is refused, only "Resource": "*" is left.',
      "Whoever has started an execution, or asked for an approval, can answer it as well: AWS does not know who that was.",
      "stop is not in it: it needs states:StopExecution on the executions.",
      ...lister.cannotRestrict,
    ],
  };
}

/** What is handed tokens, or takes them from an activity, and answers: run, succeed --token. It reads nothing. */
export function workerPolicy(scope: Scope, kmsKey: string | null): PolicyParts {
  const activities = activityArns(scope);
  // Named activities alone: the worker answers no other tasks.
  const machines = activities.length > 0 && scope.machines.length === 0 ? [] : answerArns(scope);
  return {
    statements: [
      ...(activities.length === 0 ? [] : [allow("TakeTasks", ["states:GetActivityTask"], activities)]),
      answering([...activities, ...machines], answers),
      ...(activities.length === 0 ? [] : decrypting(kmsKey, "states:activityArn", activities)),
    ],
    cannotRestrict: [
      "A worker may answer any task of these state machines and activities whose token it gets hold of, not only those that were handed to it.",
      'AWS\'s service reference lists no resource for states:SendTask…, its denials name the state machine, or the activity. Where a policy with ARNs is refused, only "Resource": "*" is left.',
      "A token cannot be taken back but by stopping the execution: who has read one may answer by it as long as the task waits.",
      "Without reading the history an answer is accepted, not proven; with approver instead of worker it is proven.",
    ],
  };
}

function decrypting(kmsKey: string | null, contextKey: string, arns: readonly string[]): Statement[] {
  if (kmsKey === null) return [];
  const condition = { StringLike: { [`kms:EncryptionContext:aws:${contextKey}`]: arns } };
  return [{ ...allow("Decrypt", ["kms:Decrypt"], [kmsKey]), Condition: condition }];
}

export function allow(sid: string, actions: readonly string[], resources: readonly string[] | "*"): Statement {
  return { Sid: sid, Effect: "Allow", Action: actions, Resource: resources };
}
