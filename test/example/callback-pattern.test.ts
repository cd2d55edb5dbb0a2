import { readFileSync } from "node:fs";
import { CreateStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { expect, it } from "vitest";
import { createLocal } from "../../src/local/local.ts";

it("the definitions in docs/callback-pattern.md are ones that Step Functions takes, and as Express workflows it refuses them", async () => {
  const page = readFileSync("docs/callback-pattern.md", "utf8");
  const definitions = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => text ?? "");
  expect(definitions).toHaveLength(2);
  const local = await createLocal();
  const client = new SFNClient(local.clientConfig);
  try {
    for (const [at, definition] of definitions.entries()) {
      const machine = { name: `docs-${at}`, definition, roleArn: "arn:aws:iam::123456789012:role/x" };
      expect(await client.send(new CreateStateMachineCommand(machine))).toMatchObject({
        stateMachineArn: expect.stringContaining("docs-"),
      });
      const express = client.send(new CreateStateMachineCommand({ ...machine, name: `express-${at}`, type: "EXPRESS" }));
      await expect(express).rejects.toThrow("Express state machine does not support '.waitForTaskToken'");
    }
  } finally {
    client.destroy();
    await local.close();
  }
});
