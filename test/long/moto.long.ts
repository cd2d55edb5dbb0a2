import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { isInstalled } from "../example/programs.ts";
import { createUser } from "../harness.ts";

/** An emulator that is none of ours; port 0 lets it choose one, which it tells on stderr. */
async function startMoto(): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", "0"], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const url = await new Promise<string>((found, missing) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += String(chunk);
      const told = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
      if (told !== null) found(told[0]);
    });
    child.on("exit", () => missing(new Error(`moto_server ended: ${said}`)));
  });
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await once(child, "exit");
    },
  };
}

it.runIf(isInstalled("moto_server", "--help"))(
  "the example goes through moto's CloudFormation: created, unchanged, updated, deleted",
  async () => {
    await using moto = await startMoto();
    const user = createUser({
      localFile: null,
      environment: { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_REGION: "us-east-1" },
    });
    const deploy = async (...argv: string[]) => {
      const { code, stdout, stderr } = await user(["deploy-example", "--endpoint-url", moto.url, "--yes", "--json", ...argv]);
      if (code !== 0) throw new Error(stderr);
      return JSON.parse(stdout);
    };
    const arn = (name: string) => `arn:aws:states:us-east-1:123456789012:stateMachine:sfn-callback-example-${name}`;
    expect(await deploy("--template", "random")).toMatchObject({ stack: { change: "created" }, stateMachines: [{ arn: arn("random") }] });
    expect(await deploy("--template", "random")).toMatchObject({ stack: { change: "unchanged" }, changes: [] });
    expect(await deploy()).toMatchObject({
      stack: { change: "updated" },
      stateMachines: [{ change: "unchanged" }, { change: "created", arn: arn("approval") }],
    });
    await user(["start", "sfn-callback-example-approval", "--endpoint-url", moto.url, "--name", "order-17"]);
    const running = [`${arn("approval").replace("stateMachine", "execution")}:order-17`];
    expect(await deploy("--delete", "--stop-executions")).toMatchObject({ stack: { change: "deleted" }, stoppedExecutions: running });
    expect(await deploy("--delete")).toMatchObject({ stack: { change: "absent" } });
  },
);
