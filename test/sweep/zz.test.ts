import { it } from "vitest";
import { Bench, lines } from "../local/peer.ts";
import { machineOf } from "../local/random-definition.ts";
import { settled, sweepOf } from "./account.ts";
it("x", async () => {
  const line = JSON.parse(`[{"kind":"parallel","language":"JSONPath","branches":[[{"kind":"parallel","language":"JSONPath","branches":[[{"kind":"task","language":"JSONPath","by":"lambda","timeout":null,"heartbeat":null,"rules":{"retry":null,"caught":null},"assigns":false,"keepsInput":false,"mocks":[]}],[{"kind":"fork","language":"JSONPath","type":"null","to":"Fail"}]],"rules":{"retry":null,"caught":"States.TaskFailed"}}],[{"kind":"task","language":"JSONPath","by":"callback","timeout":null,"heartbeat":null,"rules":{"retry":null,"caught":null},"assigns":false,"keepsInput":false,"mocks":[]},{"kind":"pass","language":"JSONPath","value":"","assigns":false}]],"rules":{"retry":null,"caught":null}},{"kind":"task","language":"JSONPath","by":"callback","timeout":null,"heartbeat":null,"rules":{"retry":null,"caught":null},"assigns":false,"keepsInput":false,"mocks":[{"Return":{}}]}]`);
  const { definition } = machineOf(line, "JSONPath", null);
  await using bench = await Bench.open();
  const arn = await bench.start(definition, { n: 1 }, { name: "random" });
  await settled(bench);
  console.log(JSON.stringify(definition).slice(0, 1500));
  const ev = await bench.history(arn);
  const ls = lines(ev);
  console.log(ev.map((e, i) => `${ls[i]} ${e.stateEnteredEventDetails?.name ?? e.stateExitedEventDetails?.name ?? ""}`).join("\n"));
  console.log((await sweepOf(bench)).tasks.length);
});
