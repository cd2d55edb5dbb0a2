import { existsSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { createJsonataEvaluator, type JsonataRequest } from "../../../src/local/jsonata/evaluator.ts";

type Json = JsonataRequest["states"]["input"];
type Members = { readonly [key: string]: Json };

const file = new URL("../../../../shared/recordings/executions.jsonl", import.meta.url);
const isPresent = existsSync(file);
const title = `expressions recorded on AWS${isPresent ? "" : " (skipped: ../shared/recordings is absent)"}`;

/** A template of a recorded state, what it was evaluated over, and what it gave. */
interface Case {
  readonly name: string;
  readonly field: string;
  readonly template: Json;
  readonly states: JsonataRequest["states"];
  readonly variables: Record<string, Json>;
  readonly value: Json;
}

describe.skipIf(!isPresent)(title, () => {
  const cases = isPresent
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter(Boolean)
        .flatMap((line) => casesOf(JSON.parse(line)))
    : [];

  const evaluator = createJsonataEvaluator();
  afterAll(() => evaluator[Symbol.asyncDispose]());

  it("are there", () => expect(cases.length).toBeGreaterThan(20));

  it.each(cases.map((one) => [`${one.name} ${one.field}`, one] as const))(
    "give the same here: %s",
    async (_, { field, template, states, variables, value }) => {
      const reply = await evaluator.evaluate({ fields: [[field, template]], states, variables, at: 0 });
      expect("values" in reply ? reply.values[0] : reply.cause).toEqual(value);
    },
  );
});

/** The fields of the machine's own JSONata states, as its history tells them. */
function casesOf(recording: Members): Case[] {
  const definition = members(recording["definition"]);
  const cases: Case[] = [];
  const variables: Record<string, Json> = {};
  let state: Members = {};
  let states: { input: Json; context: Json; result?: Json } = { input: null, context: {} };
  for (const event of Array.isArray(recording["history"]) ? recording["history"].map(members) : []) {
    const entered = members(event["stateEnteredEventDetails"]);
    const exited = members(event["stateExitedEventDetails"]);
    const tell = (field: string, value: Json | undefined) => {
      const isJsonata = (state["QueryLanguage"] ?? definition["QueryLanguage"]) === "JSONata";
      const template = state[field];
      if (!isJsonata || template === undefined || value === undefined) return;
      cases.push({ name: String(recording["name"]), field, template, states: { ...states }, variables: { ...variables }, value });
    };
    if (entered["name"] !== undefined) {
      state = members(members(definition["States"])[String(entered["name"])]);
      states = { input: parsed(entered["input"]), context: {} };
    }
    const scheduled = event["lambdaFunctionScheduledEventDetails"];
    tell("Arguments", scheduled === undefined ? undefined : parsed(members(scheduled)["input"]));
    const task = event["taskScheduledEventDetails"];
    tell("Arguments", task === undefined ? undefined : parsed(members(task)["parameters"]));
    const succeeded = members(event["taskSucceededEventDetails"] ?? event["lambdaFunctionSucceededEventDetails"]);
    if (succeeded["output"] !== undefined) states.result = parsed(succeeded["output"]);
    if (exited["name"] === undefined) continue;
    // The Output of a Choice may be its rule's.
    if (state["Type"] !== "Choice") tell("Output", parsed(exited["output"]));
    const assigned = Object.entries(members(exited["assignedVariables"])).map(([name, text]) => [name, parsed(text)] as const);
    if (assigned.length > 0) tell("Assign", Object.fromEntries(assigned));
    Object.assign(variables, Object.fromEntries(assigned));
  }
  return cases;
}

function members(value: Json | undefined): Members {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

/** JSON in a history is text on the wire, which the recorder often parsed. */
function parsed(value: Json | undefined): Json {
  return typeof value === "string" ? (JSON.parse(value) as Json) : (value ?? null);
}
