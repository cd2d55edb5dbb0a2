import { describe, expect, it } from "vitest";
import { killCommands, killServers } from "../processes/kills.ts";

describe("kill -9, 1,000 times", () => {
  it("of a served local loses nothing that was answered with 200", async () => {
    const { started, answered, mixed } = await killServers(1000);
    expect(started).toBeGreaterThan(1000);
    expect(answered).toBeGreaterThan(0);
    expect(mixed).toBeGreaterThan(0);
  });

  it("of a command leaves all of its work or none", async () => {
    const { started, answered } = await killCommands(1000);
    expect(started).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(0);
  });
});
