import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import stringWidth from "string-width";
import { beforeEach, describe, expect, it } from "vitest";
import { cli, temporaryFolder } from "../harness.ts";
import { keys, type ScreenOptions, screen } from "./screen.ts";

const csi = "\u001b[";
const colorful = new RegExp(`${csi.replace("[", "\\[")}[0-9;]*m`);

let home: string;
let localFile: string;
let here: ScreenOptions;

beforeEach(() => {
  home = temporaryFolder();
  localFile = join(home, "test.db");
  here = { home, localFile };
});

async function deployed(...names: string[]): Promise<void> {
  await cli(["deploy-example"], { home, localFile });
  for (const name of names) await cli(["start", "approval", "--name", name, "--until", "waiting"], { home, localFile });
}

async function status(name: string): Promise<string> {
  const { stdout } = await cli(["wait", `approval/${name}`, "--until", "waiting", "--json"], { home, localFile });
  return JSON.parse(stdout).status;
}

describe("demo on a terminal", () => {
  it("lets the person approve and reject, and tells how each ended", async () => {
    const demo = screen(["demo"], { home });
    await demo.shows("order 17 waits for you");
    demo.type(keys.down + keys.enter);
    await demo.shows("order 17 rejected");
    await demo.shows("order 18 waits for you");
    demo.type(keys.down + keys.enter);
    const { code, lines } = await demo.ended;
    expect(code).toBe(0);
    const text = lines.join("\n");
    expect(text).toMatch(/approval\/order-17 +rejected +applied +FAILED +Rejected/);
    expect(text).toMatch(/approval\/order-18 +approved +applied +SUCCEEDED +\{"approved":true\}/);
    expect(text).toMatch(/approval\/order-19 +left alone +expired +FAILED +Expired/);
  });

  it("ends with 130 at Ctrl-C and gives the cursor back", async () => {
    const demo = screen(["demo"], { home });
    await demo.shows("order 17 waits for you");
    demo.type(keys.controlC);
    const { code, written } = await demo.ended;
    expect(code).toBe(130);
    expect(written.lastIndexOf(`${csi}?25h`)).toBeGreaterThanOrEqual(written.lastIndexOf(`${csi}?25l`));
  });
});

describe("succeed with no value on a terminal", () => {
  it("asks for the output, shows what follows, and sends it after one more key", async () => {
    await deployed("order-1");
    const succeed = screen(["succeed", "approval/order-1"], here);
    await succeed.shows("Output (JSON)");
    succeed.type(`{"approved":true}${keys.enter}`);
    await succeed.shows("Approved? → Approved");
    await succeed.shows("Send this answer?");
    succeed.type(keys.enter);
    const { code, lines } = await succeed.ended;
    expect(code).toBe(0);
    expect(lines.join("")).toContain(
      "applied  the task Ask for approval of approval/order-1 was answered; next: Approved?, then SUCCEEDED",
    );
    expect(await status("order-1")).toBe("SUCCEEDED");
  });

  it("sends nothing at Ctrl-C: 130, cursor shown, the task still waits", async () => {
    await deployed("order-1");
    const succeed = screen(["succeed", "approval/order-1"], here);
    await succeed.shows("Output (JSON)");
    succeed.type(`{"approved"${keys.controlC}`);
    const { code, written } = await succeed.ended;
    expect(code).toBe(130);
    expect(written.lastIndexOf(`${csi}?25h`)).toBeGreaterThanOrEqual(written.lastIndexOf(`${csi}?25l`));
    expect(await status("order-1")).toBe("RUNNING");
  });
});

describe("an id that is not remembered", () => {
  it("is looked for in the whole account after a yes, and not after a no", async () => {
    await deployed("order-1");
    const id: string = JSON.parse((await cli(["pending", "--json"], { localFile })).stdout).tasks[0].id;
    const stranger = { ...here, home: temporaryFolder() };
    const refused = screen(["heartbeat", id], stranger);
    await refused.shows("Look through the whole account?");
    refused.type(`n${keys.enter}`);
    expect((await refused.ended).code).toBe(2);
    const accepted = screen(["heartbeat", id], stranger);
    await accepted.shows("Look through the whole account?");
    accepted.type(`y${keys.enter}`);
    const { code, lines } = await accepted.ended;
    expect(lines.join("")).toContain("got its heartbeat");
    expect(code).toBe(0);
  });
});

describe("deploy-example on a terminal", () => {
  it("shows a table, where it is, and a next command that reaches the same place", async () => {
    const { code, lines } = await screen(["deploy-example", "--local-file", localFile], { home, columns: 200 }).ended;
    expect(code).toBe(0);
    const text = lines.join("\n");
    expect(text).toMatch(/^MACHINE +CHANGE +ARN$/m);
    expect(text).toContain(`  sfn-callback start approval --local-file ${localFile} --input '{"order":17}' --until waiting`);
  });
});

describe("deploy-example at an endpoint", () => {
  it("asks first, and creates nothing after a no", async () => {
    const server = screen(["local", "--port", "0"], { ...here, columns: 200 });
    await server.shows("http://127.0.0.1:");
    const url = await server.url();
    const environment = { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", AWS_REGION: "us-east-1" };
    const deploy = screen(["deploy-example", "--endpoint-url", url], { home, environment });
    await deploy.shows("Create the state machines random and approval");
    deploy.type(`n${keys.enter}`);
    expect((await deploy.ended).code).toBe(2);
    const agreed = screen(["deploy-example", "--endpoint-url", url], { home, environment });
    await agreed.shows("Create the state machines");
    agreed.type(keys.enter);
    const { code, lines } = await agreed.ended;
    expect(lines.join("\n")).toMatch(/approval +created/);
    expect(code).toBe(0);
    server.type(keys.controlC);
    expect((await server.ended).code).toBe(0);
  });
});

describe("pending on a terminal", () => {
  it("is a table with headers, relative times and color, under one dim line that says where it is", async () => {
    await deployed("order-1");
    const { code, lines, written } = await screen(["pending"], here).ended;
    expect(code).toBe(0);
    expect(lines[0]?.startsWith("local, ")).toBe(true);
    expect(lines.join("\n")).not.toContain("warning:");
    expect(written).toContain(`${csi}2mlocal, `);
    expect(lines.join("\n")).toMatch(/^ID +MACHINE +STATE +AGE +DEADLINE +EXECUTION$/m);
    expect(lines.join("\n")).toMatch(/ +approval +Ask for approval +\d+s +in 7d +order-1$/m);
  });

  it("leaves no spinner on the screen", async () => {
    await deployed("order-1");
    const { lines, written } = await screen(["pending"], here).ended;
    expect(lines.join("\n")).not.toMatch(/[⠀-⣿]|looking for/);
    expect(written).toContain(`${csi}?25l`);
    expect(written.lastIndexOf(`${csi}?25h`)).toBeGreaterThan(written.lastIndexOf(`${csi}?25l`));
  });

  it("takes the spinner away and gives the cursor back at Ctrl-C, even while the endpoint hangs", async () => {
    await using endpoint = await hangingEndpoint();
    const environment = { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x", AWS_REGION: "us-east-1" };
    const pending = screen(["pending", "--endpoint-url", endpoint.url], { home, environment });
    await pending.shows("looking for waiting tasks");
    pending.type(keys.controlC);
    const { code, lines, written } = await pending.ended;
    expect(code).toBe(130);
    expect(lines.join("\n")).not.toContain("looking for");
    expect(written.lastIndexOf(`${csi}?25h`)).toBeGreaterThan(written.lastIndexOf(`${csi}?25l`));
  });

  it("has no color with NO_COLOR", async () => {
    await deployed("order-1");
    const { written } = await screen(["pending"], { ...here, environment: { NO_COLOR: "1" } }).ended;
    expect(written).toContain("order-1");
    expect(written).not.toMatch(colorful);
  });

  it("fits 80 columns with long and wide names", async () => {
    const long = "order-with-a-very-long-name-that-goes-on-and-on-until-nobody-reads-it";
    const wide = "注文の承認をお願いします注文の承認をお願いします注文の承認";
    await deployed("short", long, wide);
    const { lines } = await screen(["pending"], { ...here, columns: 80 }).ended;
    const rows = lines.slice(lines.findIndex((line) => line.startsWith("ID")));
    expect(rows).toHaveLength(4);
    for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(80);
    expect(rows.join("\n")).toContain("order-with");
    expect(rows.join("\n")).toContain("注文の");
  });
});

describe("the closing commands of the demo", () => {
  it("work when they are pasted one after the other", async () => {
    const { stdout } = await cli(["demo"], { localFile: null });
    const pasted = [...stdout.matchAll(/npx sfn-callback (.*--local.*)/g)].map(([, command = ""]) => command);
    expect(pasted).toHaveLength(4);
    for (const command of pasted) {
      const argv = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
      const { code, stderr } = await cli(argv, { home, localFile: null });
      expect({ command, code, stderr }).toMatchObject({ command, code: 0 });
    }
  });
});

/** Takes connections and never answers. */
async function hangingEndpoint(): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request) => void request.resume());
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

describe("in a pipe", () => {
  it("start is one tab-separated row: status, execution ARN, waiting task ids, result", async () => {
    await deployed();
    const { stdout } = await cli(["start", "approval", "--name", "order-1", "--until", "waiting"], { home, localFile });
    expect(stdout).toMatch(/^RUNNING\tarn:aws:states:\S+:approval:order-1\t[0-9a-z]{10}\t\n$/);
    await cli(["succeed", "approval/order-1", "--set", "approved=false"], { home, localFile });
    const ended = await cli(["wait", "approval/order-1"], { home, localFile });
    expect(ended.code).toBe(7);
    expect(ended.stdout).toMatch(/^FAILED\tarn:\S+\t\tRejected: The request was rejected\.\n$/);
  });
});
