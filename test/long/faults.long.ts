import { it } from "vitest";
import { faultBed } from "../commands/fault-runs.ts";
import { randomFaults } from "../commands/random-faults.ts";

it("whatever is lost, and whoever else answers meanwhile, what is printed is what the history says, 2,000 times", async () => {
  await using bed = await faultBed();
  await randomFaults(bed, 2000);
});
