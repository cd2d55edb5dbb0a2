import { describe, expect, it } from "vitest";
import { Bench } from "./peer.ts";
import { historyDifference, outcomeDifference } from "./recordings/compare.ts";
import { mockConfigOf, play } from "./recordings/play.ts";
import { type Recording, readRecordings } from "./recordings/recording.ts";

const recordings = readRecordings();
const title = `executions recorded on AWS${recordings === null ? " (skipped: ../shared/recordings is absent)" : ""}`;

const scenarios = "scenarios/test_base_scenarios.py::TestBaseScenarios::";
/** Recordings that cannot be played as they were, each with its reason. */
const excused: Readonly<Record<string, string>> = {
  [`${scenarios}test_max_concurrency_path_negative`]: "only the first event of its history was kept",
};

describe.skipIf(recordings === null)(title, () => {
  it("run here as they ran there", async () => {
    const all = recordings ?? [];
    await using bench = await Bench.open(undefined, { mockConfig: mockConfigOf(all), pollMilliseconds: 1_000 });
    const wrongOutcomes: Record<string, string> = {};
    const unequalHistories: Record<string, string> = {};
    for (const [index, recording] of all.entries()) {
      const { outcome, history } = await differences(bench, recording, index);
      if (outcome !== null) wrongOutcomes[recording.name] = outcome;
      if (history !== null) unequalHistories[recording.name] = history;
    }
    const histories = all.filter(({ history }) => history !== undefined).length;
    const right = all.length - Object.keys(wrongOutcomes).length;
    const equal = histories - Object.keys(unequalHistories).length;
    process.stdout.write(`recordings: ${all.length}, outcomes right: ${right}, histories: ${histories}, equal: ${equal}\n`);
    const differing = { ...unequalHistories, ...wrongOutcomes };
    expect(Object.entries(differing).filter(([name]) => !(name in excused))).toEqual([]);
    expect(Object.keys(excused).filter((name) => !(name in differing))).toEqual([]);
  }, 120_000);
});

async function differences(bench: Bench, recording: Recording, index: number): Promise<{ outcome: string | null; history: string | null }> {
  try {
    const played = await play(bench, recording, index);
    const { history } = recording;
    return {
      outcome: outcomeDifference(recording, played),
      history: history === undefined ? null : historyDifference(history, played.history),
    };
  } catch (error) {
    // A definition that is refused, or a call that fails, is told with the others instead of ending the test.
    const why = String(error);
    return { outcome: why, history: recording.history === undefined ? null : why };
  }
}
