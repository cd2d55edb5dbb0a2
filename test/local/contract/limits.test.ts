import { expect } from "vitest";
import { call } from "../peer.ts";
import { callMany, describeContract } from "./endpoint.ts";

const error = (body: string) => JSON.parse(body) as { __type: string; message: string };

describeContract("the limits of an account", (at) => {
  at.itsOwn("are a hundred aliases a machine", async () => {
    const { stateMachineVersionArn, stateMachineArn } = await at.machine({ publish: true });
    const routingConfiguration = [{ stateMachineVersionArn, weight: 100 }];
    const create = (name: string) => call(at.url, "CreateStateMachineAlias", { name, routingConfiguration });
    await callMany(100, (index) => create(`a${index}`));
    const { status, body } = await create("one-more");
    expect({ status, ...error(body) }).toEqual({
      status: 400,
      __type: expect.stringContaining("#ServiceQuotaExceededException"),
      message: `A state machine can have at most 100 aliases: '${stateMachineArn}'`,
    });
    // What is there already is no more.
    expect((await create("a0")).status).toBe(200);
  });
});
