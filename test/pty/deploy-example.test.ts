import { expect, it } from "vitest";
import { cloudFormationPeer } from "../aws/cloudformation-peer.ts";
import { temporaryFolder } from "../harness.ts";
import { keys, screen } from "./screen.ts";

const environment = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" };

it("a deployment on a terminal shows the change set and asks; after a no nothing is left behind", async () => {
  await using peer = await cloudFormationPeer();
  const deployment = screen(["deploy-example", "--endpoint-url", peer.url, "--template", "approval"], {
    home: temporaryFolder(),
    environment,
  });
  await deployment.shows("ApprovalQueue");
  await deployment.shows("Permissions it gives:");
  await deployment.shows("Create the stack sfn-callback-example in");
  expect(peer.stack("sfn-callback-example")?.status).toBe("REVIEW_IN_PROGRESS");
  deployment.type(`n${keys.enter}`);
  const { code, lines } = await deployment.ended;
  expect(code).toBe(2);
  expect(lines.join("\n")).toContain("nothing was changed");
  expect(peer.stack("sfn-callback-example")).toBeNull();
});

it("Ctrl-C at the question leaves nothing behind either", async () => {
  await using peer = await cloudFormationPeer();
  const deployment = screen(["deploy-example", "--endpoint-url", peer.url, "--template", "approval"], {
    home: temporaryFolder(),
    environment,
  });
  await deployment.shows("Create the stack");
  deployment.type(keys.controlC);
  expect((await deployment.ended).code).toBe(130);
  expect(peer.stack("sfn-callback-example")).toBeNull();
});

it("a deletion on a terminal lists the running executions before it asks", async () => {
  const running = "arn:aws:states:us-east-1:123456789012:execution:sfn-callback-example-approval:order-17";
  await using peer = await cloudFormationPeer({ executions: [running] });
  const template =
    "Metadata: { sfn-callback: { example: [approval] } }\nResources: { ApprovalStateMachine: { Type: AWS::StepFunctions::StateMachine } }";
  peer.put({ name: "sfn-callback-example", status: "CREATE_COMPLETE", template });
  const deletion = screen(["deploy-example", "--endpoint-url", peer.url, "--delete"], { home: temporaryFolder(), environment });
  await deletion.shows("order-17");
  await deletion.shows("Delete the stack sfn-callback-example with its 1 resource");
  deletion.type(`y${keys.enter}`);
  await deletion.shows("deleted");
  expect((await deletion.ended).code).toBe(0);
});
