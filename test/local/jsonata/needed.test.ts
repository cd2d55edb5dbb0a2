import { expect, it } from "vitest";
import { neededStates, neededVariables } from "../../../src/local/jsonata/needed.ts";

const states = { input: { a: 1 }, context: { Task: { Token: "t" }, Execution: { Id: "e" } }, result: 2 };

it.each<[string, readonly string[], object]>([
  ["none of it", ["1 + $x"], {}],
  ["a member", ["$states.input.a", "$sum([1])"], { input: states.input }],
  ["members of several expressions", ["$states.result", "$states . input"], { input: states.input, result: 2 }],
  ["a part of the context object", ["$states.context.Task.Token"], { context: { Task: states.context.Task } }],
  ["the context object, where it is read whole, too", ["$states.context.Task", "$states.context"], { context: states.context }],
  ["all, where it is read whole", ["$string($states)"], states],
  ["all, where a member is chosen", ["$lookup($states, 'input')", "$states.result"], states],
  ["all, where a name is quoted", ["$states.`input`"], states],
  ["all, where it can be looked around", ["$states.input.%.result"], states],
])("of $states expressions need %s", (_, sources, needed) => expect(neededStates(sources, states)).toEqual(needed));

it("of the variables expressions need those that they name", () => {
  expect(neededVariables(["$a & $long"], { a: 1, b: 2, lo: 3, long: 4 })).toEqual({ a: 1, lo: 3, long: 4 });
});

it("what is not needed is not read", () => {
  const guarded = {
    ...states,
    get input(): never {
      throw new Error("read");
    },
  };
  expect(neededStates(["$states.result"], guarded)).toEqual({ result: 2 });
});
