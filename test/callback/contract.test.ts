import { describe, expect, it } from "vitest";
import {
  type ContractOutcome,
  contractAnswer,
  MissingValue,
  outputSchema,
  stateContract,
  type TemplateValues,
  titleText,
} from "../../src/callback/contract.ts";

const values: TemplateValues = {
  form: { comment: "fine", amount: 3, tags: ["a"] },
  input: { order: 17, lines: [{ sku: "x" }] },
  payload: { MessageBody: { title: "Order" } },
  execution: { name: "order-17", arn: "arn" },
  task: { id: "3f9c", state: "Ask" },
};

const success = (template: unknown, form: ContractOutcome["form"] = null): ContractOutcome => ({
  ...{ word: "w", label: "w", form, answer: { success: template } },
});
const output = (template: unknown, given = values) => {
  const answer = contractAnswer(success(template), given);
  return answer.kind === "success" ? JSON.parse(answer.output) : answer;
};

describe("a template", () => {
  const cases: [string, unknown, unknown][] = [
    ["keeps what has no placeholder", { a: [1, null, true, "{{other}}"] }, { a: [1, null, true, "{{other}}"] }],
    ["takes a value for what it is", { n: "{{form.amount}}", t: "{{ form.tags }}" }, { n: 3, t: ["a"] }],
    ["puts values into a text", "{{form.comment}}, {{input.order}} {{form.tags}}", 'fine, 17 ["a"]'],
    ["reaches into arrays, and into what was handed over", ["{{input.lines.0.sku}}", "{{payload.MessageBody.title}}"], ["x", "Order"]],
    ["names the execution and the task", "{{execution.name}} {{task.state}}", "order-17 Ask"],
    ["leaves a member out whose field was left out", { a: 1, b: "{{form.none}}" }, { a: 1 }],
  ];
  it.each(cases)("%s", (_, template, expected) => {
    expect(output(template)).toEqual(expected);
  });

  it("never makes null of what the task does not have", () => {
    expect(() => output({ a: "{{input.none}}" })).toThrow(MissingValue);
    expect(() => output("of {{payload.none}}")).toThrow("{{payload.none}} has no value");
  });

  it("does not take what a value says for a template", () => {
    expect(output({ a: "{{form.comment}}" }, { ...values, form: { comment: "{{input.order}}" } })).toEqual({ a: "{{input.order}}" });
  });

  it("of a failure fills in error and cause", () => {
    const failure: ContractOutcome = { ...success(null), answer: { failure: { error: "No{{form.amount}}", cause: "{{form.comment}}" } } };
    expect(contractAnswer(failure, values)).toEqual({ kind: "failure", error: "No3", cause: "fine" });
  });

  it("of a title tells what is missing", () => {
    expect(titleText("Approve {{input.order}} for {{input.whom}}?", values)).toBe("Approve 17 for (no input.whom)?");
  });
});

describe("a state's contract", () => {
  const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:approval";
  const ask = (title: string) => ({ Ask: { title, outcomes: { ok: { success: {} } } } });

  it("is found by the machine's ARN before its name, and by nothing that objects have by themselves", () => {
    const contract = { stateMachines: { approval: ask("by name"), [arn]: ask("by ARN") } };
    const named = (name: string, state: string) => stateContract(contract, { arn: name === "approval" ? arn : "x", name }, state);
    expect(named("approval", "Ask")?.title).toBe("by ARN");
    expect(stateContract(contract, { arn: "other", name: "approval" }, "Ask")?.title).toBe("by name");
    for (const name of ["constructor", "__proto__", "other"]) expect(named(name, "Ask")).toBeNull();
    expect(named("approval", "toString")).toBeNull();
  });
});

describe("the schema of an outcome's outputs", () => {
  it("has the constants of the template, the schemas of the fields, and nothing else", () => {
    const form = { properties: { comment: { type: "string" }, level: { enum: [1, 2] } }, required: ["level"] };
    const template = { approved: true, comment: "{{form.comment}}", level: "{{form.level}}", note: "at {{input.order}}" };
    expect(outputSchema(success(template, form))).toMatchObject({
      type: "object",
      required: ["approved", "level", "note"],
      additionalProperties: false,
      properties: { approved: { const: true }, comment: { type: "string" }, level: { enum: [1, 2] }, note: { type: "string" } },
    });
  });

  it("is none for a failure", () => {
    expect(outputSchema({ ...success(null), answer: { failure: {} } })).toBeNull();
  });
});
