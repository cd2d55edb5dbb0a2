import { expect, it } from "vitest";
import { toCliError } from "../../src/aws/errors.ts";

const who = "User: arn:aws:sts::123456789012:assumed-role/ops/ana is not authorized to perform:";
const machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";
const execution = "arn:aws:states:eu-west-1:123456789012:execution:orders:order-17";
const child = "arn:aws:states:eu-west-1:123456789012:execution:orders/Each:8a1c";

/** What toCliError makes of AWS's refusal in these words. */
function told(message: string, name = "AccessDeniedException") {
  return toCliError(Object.assign(new Error(message), { name, $fault: "client", $metadata: {} }), "send the failure", null);
}

function allow(action: string, resource: string): string {
  return JSON.stringify({ Effect: "Allow", Action: action, Resource: resource });
}

it.each([
  [
    `${who} states:SendTaskFailure on resource: ${machine} because no identity-based policy allows the states:SendTaskFailure action`,
    allow("states:SendTaskFailure", machine),
  ],
  [`${who} states:GetExecutionHistory on resource: ${execution}`, allow("states:GetExecutionHistory", execution.replace("order-17", "*"))],
  [`${who} states:StopExecution on resource: ${child}.`, allow("states:StopExecution", child.replace("8a1c", "*"))],
  [`${who} states:ListStateMachines`, allow("states:ListStateMachines", "*")],
  [
    `${who} kms:Decrypt on the resource: arn:aws:kms:eu-west-1:123456789012:key/k`,
    allow("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/k"),
  ],
])("%s: the least statement that allows it is told", (message, statement) => {
  const error = told(message);
  expect(error).toMatchObject({ kind: "access", exitCode: 4 });
  expect(error.message).toContain(message);
  expect(error.hint).toContain(statement);
});

it("no statement is told where a policy denies it explicitly, or where nothing says what was denied", () => {
  expect(told(`${who} states:SendTaskFailure on resource: ${machine} with an explicit deny in a service control policy`).hint).toMatch(
    /explicitly/,
  );
  expect(told("Access denied").hint).toContain("get-caller-identity");
});

it("where AWS says no more than that access was denied, the statement is that of what was asked for", () => {
  const denied = (name: string) => Object.assign(new Error("Access denied"), { name, $fault: "client", $metadata: {} });
  const asked = { action: "states:GetExecutionHistory", resource: execution };
  const statement = allow("states:GetExecutionHistory", execution.replace("order-17", "*"));
  expect(toCliError(denied("AccessDeniedException"), `read the history of ${execution}`, null, asked)).toMatchObject({
    kind: "access",
    hint: expect.stringContaining(statement),
  });
  // Nothing of a policy for Step Functions would help here.
  expect(toCliError(denied("ExpiredTokenException"), "x", null, asked).hint).not.toContain("Effect");
  expect(toCliError(denied("KmsAccessDeniedException"), "x", null, asked).hint).toContain("kms:Decrypt");
});
