import { it } from "vitest";
import { raceAnswers } from "../commands/races.ts";

it("one of two people who answer differently at once is applied, and the other is told, 1,000 times", async () => {
  await raceAnswers(1000);
});
