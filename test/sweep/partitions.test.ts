import { CreateActivityCommand } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { rewritingProxy } from "../fault-proxy.ts";
import { Bench, callbackState, machine } from "../local/peer.ts";
import { branch, create, sweepOf } from "./account.ts";

/** Makes the embedded endpoint one of another partition. */
const inPartition = (partition: string, endpoint: string) =>
  rewritingProxy(endpoint, {
    request: (text) => text.replaceAll(`arn:${partition}:`, "arn:aws:"),
    reply: (text) => text.replaceAll("arn:aws:", `arn:${partition}:`),
  });

describe("a sweep of another partition", () => {
  it.each(["aws-cn", "aws-us-gov", "aws-eusc", "aws-iso-b"])(
    "finds callbacks, activities, children and what calls them in %s",
    async (partition) => {
      await using bench = await Bench.open();
      const { activityArn = "" } = await bench.client.send(new CreateActivityCommand({ name: "weigh" }));
      const child = await create(bench, "child", machine({ Ask: callbackState() }));
      const call = {
        Type: "Task",
        Resource: "arn:aws:states:::states:startExecution.sync",
        Parameters: { StateMachineArn: child },
        End: true,
      };
      const processor = { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...branch("Sign") };
      await bench.start(machine({ Call: call }), {}, { name: "caller" });
      await bench.start(machine({ Weigh: { Type: "Task", Resource: activityArn, End: true } }), {}, { name: "scales" });
      await bench.start(machine({ Each: { Type: "Map", Label: "Each", ItemProcessor: processor, End: true } }), [1], { name: "each" });
      await bench.local.advance(0);
      await using proxy = await inPartition(partition, bench.local.url);
      const { tasks, notSeen, calls } = await sweepOf(bench, {}, proxy.url);
      const rows = tasks.map(({ executionArn, ancestorExecutionArns, task }) => [
        task?.state,
        task?.hasToken,
        executionArn.split(":")[1],
        ...ancestorExecutionArns.map((arn) => arn.split(":").slice(1, 7).join(":")),
      ]);
      const account = `${partition}:states:us-east-1:123456789012:execution`;
      expect(rows.toSorted()).toEqual([
        ["Ask", true, partition, `${account}:caller`],
        ["Sign", true, partition, `${account}:each`],
        ["Weigh", false, partition],
      ]);
      expect(notSeen).toEqual([]);
      expect(calls["GetExecutionHistory"]).toBe(5);
    },
  );
});
