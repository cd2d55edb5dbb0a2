import { describe, it } from "vitest";
import { expectSameHistories } from "../local/random-run.ts";

describe("any machine under any answers, 1,000 times", () => {
  it("leaves the same histories however its servers are killed, opened again and doubled, takes each token once, and never gets stuck", async () => {
    await expectSameHistories(1000);
  });
});
