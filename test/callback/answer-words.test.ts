import { describe, expect, it } from "vitest";
import { wordsOfChoice } from "../../src/callback/definition/answer-words.ts";

/** A callback state `Ask` with these fields, and after it a Choice `Which?` with these. */
function machine(ask: object, choice: object, language?: "JSONata"): string {
  const States = {
    Ask: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken", Next: "Which?", ...ask },
    "Which?": { Type: "Choice", ...choice },
  };
  return JSON.stringify({ StartAt: "Ask", ...(language === undefined ? {} : { QueryLanguage: language }), States });
}

const words = (definition: string) =>
  wordsOfChoice(definition, "Ask").map(({ word, output, leadsTo }) => [word, JSON.parse(output), leadsTo[0] ?? null]);

const text = (Variable: string, StringEquals: string, Next: string) => ({ Variable, StringEquals, Next });

describe("the words of a JSONPath Choice", () => {
  const decisions = { Choices: [text("$.decision", "approve", "Yes"), text("$.decision", "reject", "No")] };

  it("are the texts that it compares a field of the answer with", () => {
    expect(words(machine({}, decisions))).toEqual([
      ["approve", { decision: "approve" }, "Yes"],
      ["reject", { decision: "reject" }, "No"],
    ]);
  });

  it("are a boolean's name, and not- before it, whichever of the two is tested", () => {
    for (const BooleanEquals of [true, false]) {
      const found = words(machine({}, { Choices: [{ Variable: "$.approved", BooleanEquals, Next: "A" }], Default: "B" }));
      expect(found).toContainEqual(["approved", { approved: true }, BooleanEquals ? "A" : null]);
      expect(found).toContainEqual(["not-approved", { approved: false }, BooleanEquals ? null : "A"]);
      expect(found).toHaveLength(2);
    }
  });

  const ways: [string, object, object, unknown][] = [
    [
      "ResultPath puts the answer into the input",
      { ResultPath: "$.review" },
      { Choices: [text("$.review.verdict", "ok", "Y")] },
      { verdict: "ok" },
    ],
    ["ResultPath puts the very answer there", { ResultPath: "$.verdict" }, { Choices: [text("$.verdict", "ok", "Y")] }, "ok"],
    [
      "ResultSelector renames",
      { ResultSelector: { v: { "is.$": "$.verdict" } } },
      { Choices: [text("$.v.is", "ok", "Y")] },
      { verdict: "ok" },
    ],
    [
      "ResultSelector and ResultPath and OutputPath",
      { ResultSelector: { "v.$": "$.a.b" }, ResultPath: "$.x.y", OutputPath: "$.x" },
      { Choices: [text("$.y.v", "ok", "Y")] },
      { a: { b: "ok" } },
    ],
    [
      "Assign keeps a field as a variable",
      { Assign: { "v.$": "$.verdict" }, ResultPath: null },
      { Choices: [text("$v", "ok", "Y")] },
      { verdict: "ok" },
    ],
    ["brackets quote a name", {}, { Choices: [text("$['the verdict']", "ok", "Y")] }, { "the verdict": "ok" }],
    ["the Choice has an InputPath", {}, { InputPath: "$.review", Choices: [text("$.verdict", "ok", "Y")] }, { review: { verdict: "ok" } }],
    [
      "And asks for presence first",
      {},
      {
        Choices: [
          {
            And: [
              { Variable: "$.verdict", IsPresent: true },
              { Variable: "$.verdict", StringEquals: "ok" },
            ],
            Next: "Y",
          },
        ],
      },
      { verdict: "ok" },
    ],
  ];
  it.each(ways)("stand for the output from which the branch is taken where %s", (_, ask, choice, output) => {
    expect(words(machine(ask, choice))).toEqual([["ok", output, "Y"]]);
  });

  it("join what one branch asks of two fields, and tell the texts of an Or apart", () => {
    const both = {
      And: [
        { Variable: "$.decision", StringEquals: "approve" },
        { Variable: "$.urgent", BooleanEquals: true },
      ],
      Next: "Fast",
    };
    expect(words(machine({}, { Choices: [both] }))).toContainEqual(["approve-urgent", { decision: "approve", urgent: true }, "Fast"]);
    const either = {
      Or: [
        { Variable: "$.d", StringEquals: "a" },
        { Variable: "$.d", StringEquals: "b" },
      ],
      Next: "X",
    };
    expect(words(machine({}, { Choices: [either] }))).toEqual([
      ["a", { d: "a" }, "X"],
      ["b", { d: "b" }, "X"],
    ]);
  });

  it("can be typed: blanks and signs become hyphens, equal ones get a number", () => {
    expect(words(machine({}, { Choices: [text("$.d", "Ask again!", "X"), text("$.d", "ask again", "Y")] }))).toEqual([
      ["ask-again", { d: "Ask again!" }, "X"],
      ["ask-again-2", { d: "ask again" }, "Y"],
    ]);
  });

  const none: [string, object, object][] = [
    ["the branch tests the input, not the answer", { ResultPath: "$.review" }, { Choices: [text("$.amount", "1", "Y")] }],
    ["the answer is thrown away", { ResultPath: null }, { Choices: [text("$.verdict", "ok", "Y")] }],
    ["the Choice compares two fields", {}, { Choices: [{ Variable: "$.a", StringEqualsPath: "$.b", Next: "Y" }] }],
    ["a number is tested for its size", {}, { Choices: [{ Variable: "$.a", NumericGreaterThan: 3, Next: "Y" }] }],
    ["the context object is tested", {}, { Choices: [text("$$.Execution.Name", "a", "Y")] }],
  ];
  it.each(none)("are none where %s", (_, ask, choice) => {
    expect(words(machine(ask, choice))).toEqual([]);
  });

  it("are none without a Choice right after the state, in no definition, and for no such state", () => {
    expect(wordsOfChoice("{}", "Ask")).toEqual([]);
    expect(wordsOfChoice("nonsense", "Ask")).toEqual([]);
    expect(wordsOfChoice(machine({}, decisions), "Other")).toEqual([]);
    expect(words(machine({ Next: "Other" }, decisions))).toEqual([]);
  });
});

describe("the words of a JSONata Choice", () => {
  const conditions = (...all: string[]) => ({ Choices: all.map((each, at) => ({ Condition: `{% ${each} %}`, Next: `N${at}` })) });

  const ways: [string, object, string, unknown][] = [
    ["the whole result is the output", {}, "$states.input.verdict = 'ok'", { verdict: "ok" }],
    ["the value stands first", {}, '"ok" = $states.input.verdict', { verdict: "ok" }],
    ["Output renames", { Output: { review: { v: "{% $states.result.verdict %}" } } }, "$states.input.review.v = 'ok'", { verdict: "ok" }],
    ["Output is one expression", { Output: "{% $states.result.a %}" }, "$states.input.verdict = 'ok'", { a: { verdict: "ok" } }],
    ["Output merges", { Output: "{% $merge([$states.input, $states.result]) %}" }, "$states.input.verdict = 'ok'", { verdict: "ok" }],
    ["Assign keeps a field", { Assign: { v: "{% $states.result.verdict %}" } }, "$v = 'ok'", { verdict: "ok" }],
    ["a name is quoted", {}, "$states.input.`the verdict` = 'ok'", { "the verdict": "ok" }],
    ["$exists comes first", {}, "$exists($states.input.verdict) and $states.input.verdict = 'ok'", { verdict: "ok" }],
    ["parentheses group", {}, "(($states.input.verdict = 'ok'))", { verdict: "ok" }],
  ];
  it.each(ways)("stand for the output from which the branch is taken where %s", (_, ask, condition, output) => {
    expect(words(machine(ask, conditions(condition), "JSONata"))).toEqual([["ok", output, "N0"]]);
  });

  it("are a boolean's name where the path itself is the condition, or its negation is", () => {
    for (const condition of ["$states.input.approved", "$states.input.approved = true", "$not($states.input.approved)"]) {
      const found = words(machine({}, conditions(condition), "JSONata")).map(([word, output]) => [word, output]);
      expect(new Set(found.map(([word]) => word))).toEqual(new Set(["approved", "not-approved"]));
    }
  });

  it("are all that `in` and `or` have", () => {
    const found = words(machine({}, conditions("$states.input.d in ['a', 'b'] or $states.input.d = 'c'"), "JSONata"));
    expect(found.map(([word]) => word)).toEqual(["a", "b", "c"]);
  });

  it("are none where more than a comparison is asked", () => {
    for (const condition of ["$uppercase($states.input.d) = 'A'", "$states.input.n > 3", "$states.input.a = $states.input.b", "$count("]) {
      expect(words(machine({}, conditions(condition), "JSONata"))).toEqual([]);
    }
  });
});
