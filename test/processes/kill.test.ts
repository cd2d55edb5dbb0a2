import { describe, expect, it } from "vitest";
import { killCommands, killServers } from "./kills.ts";

describe("kill -9", { timeout: 60_000 }, () => {
  it("of a served local loses nothing that was answered with 200", async () => {
    const { started, answered, mixed } = await killServers(10);
    expect(started).toBeGreaterThan(10);
    expect(answered).toBeGreaterThan(0);
    expect(mixed).toBeGreaterThan(0);
  });

  it("of a command leaves all of its work or none", async () => {
    await killCommands(10);
  });
});
