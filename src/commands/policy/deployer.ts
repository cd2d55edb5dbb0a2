import type { Statement } from "../../example/permissions.ts";
import { allow, type PolicyParts } from "./people.ts";
import type { Scope } from "./scope.ts";

/** CloudFormation names a role after the stack, of whose name it keeps so much at least where all of it would be too long. */
const nameKept = 20;

/** Who deploys the example and takes it away again. CloudFormation acts with the caller's rights, so these are those of all its resources. */
export function deployerPolicy(scope: Scope, stackName: string, boundary: string | null): PolicyParts {
  const { partition, region, account } = scope;
  const arn = (service: string, resource: string) => `arn:${partition}:${service}:${region}:${account}:${resource}`;
  const roles = [`arn:${partition}:iam::${account}:role/${stackName.slice(0, nameKept)}*`];
  return {
    statements: [
      allow("Stack", prefixed("cloudformation", stackActions), [arn("cloudformation", `stack/${stackName}/*`)]),
      allow("StateMachines", prefixed("states", machineActions), [arn("states", `stateMachine:${stackName}-*`)]),
      allow("Executions", ["states:StopExecution"], [arn("states", `execution:${stackName}-*`)]),
      allow("Function", prefixed("lambda", functionActions), [arn("lambda", `function:${stackName}-random`)]),
      allow("Queues", prefixed("sqs", queueActions), [arn("sqs", `${stackName}-approval*`)]),
      allow(
        "Logs",
        prefixed("logs", logActions),
        ["/aws/lambda/", "/aws/vendedlogs/states/"].map((path) => arn("logs", `log-group:${path}${stackName}-*`)),
      ),
      allow("FindLogs", ["logs:DescribeLogGroups"], "*"),
      ...roleStatements(roles, boundary),
    ],
    cannotRestrict: [
      "cloudformation:CreateChangeSet takes any template: who may deploy the example may deploy anything else under the stack's name, as far as the other statements go.",
      boundary === null
        ? "iam:PutRolePolicy lets the roles be given any permission at all; --permissions-boundary holds that back."
        : "The boundary is the limit of what the roles can be given; within it iam:PutRolePolicy is free.",
      "A role gets its name from CloudFormation, after the stack's: the statement for roles goes by the beginning of the name.",
      "logs:DescribeLogGroups takes no resource: the names of all log groups are seen.",
    ],
  };
}

function roleStatements(roles: readonly string[], boundary: string | null): Statement[] {
  const passing = { StringEquals: { "iam:PassedToService": ["states.amazonaws.com", "lambda.amazonaws.com"] } };
  const pass = { ...allow("PassRoles", ["iam:PassRole"], roles), Condition: passing };
  const manage = allow("Roles", prefixed("iam", roleActions), roles);
  const create = allow("CreateRoles", ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"], roles);
  if (boundary === null) return [manage, allow("CreateRoles", ["iam:CreateRole", "iam:PutRolePolicy"], roles), pass];
  return [manage, { ...create, Condition: { StringEquals: { "iam:PermissionsBoundary": boundary } } }, pass];
}

function prefixed(service: string, actions: readonly string[]): string[] {
  return actions.map((action) => `${service}:${action}`);
}

const stackActions = [
  "CreateChangeSet",
  "DeleteChangeSet",
  "DeleteStack",
  "DescribeChangeSet",
  "DescribeStackEvents",
  "DescribeStacks",
  "ExecuteChangeSet",
  "GetTemplate",
  "ListChangeSets",
  "ListStackResources",
  "TagResource",
];
// What CloudFormation calls for each type of resource (the handlers' permissions in the types' schemas).
const machineActions = [
  "CreateStateMachine",
  "DeleteStateMachine",
  "DescribeStateMachine",
  "ListExecutions",
  "ListTagsForResource",
  "TagResource",
  "UntagResource",
  "UpdateStateMachine",
];
const functionActions = [
  "CreateFunction",
  "DeleteFunction",
  "GetFunction",
  "GetFunctionCodeSigningConfig",
  "GetFunctionRecursionConfig",
  "GetRuntimeManagementConfig",
  "ListTags",
  "TagResource",
  "UntagResource",
  "UpdateFunctionCode",
  "UpdateFunctionConfiguration",
];
const queueActions = [
  "CreateQueue",
  "DeleteQueue",
  "GetQueueAttributes",
  "GetQueueUrl",
  "ListQueueTags",
  "SetQueueAttributes",
  "TagQueue",
  "UntagQueue",
];
const logActions = [
  "CreateLogGroup",
  "DeleteLogGroup",
  "DeleteRetentionPolicy",
  "DescribeIndexPolicies",
  "GetDataProtectionPolicy",
  "ListTagsForResource",
  "PutRetentionPolicy",
  "TagResource",
  "UntagResource",
];
const roleActions = [
  "DeleteRole",
  "DeleteRolePolicy",
  "GetRole",
  "GetRolePolicy",
  "ListAttachedRolePolicies",
  "ListRolePolicies",
  "TagRole",
  "UntagRole",
  "UpdateAssumeRolePolicy",
];
