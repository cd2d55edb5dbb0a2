import fc from "fast-check";

export type Language = "JSONPath" | "JSONata";
export type MockResult = { readonly Return: unknown } | { readonly Throw: { readonly Error: string; readonly Cause: string } };

/** What a Task, a Parallel or a Map does about its failures. */
export interface Rules {
  readonly retry: { readonly error: string; readonly interval: number; readonly attempts: number; readonly rate: number } | null;
  readonly caught: string | null;
}

/** One step of a line of states; it becomes one state or a few. */
export type Block =
  | { readonly kind: "pass"; readonly language: Language; readonly value: unknown; readonly assigns: boolean }
  | { readonly kind: "wait"; readonly language: Language; readonly seconds: number }
  | {
      readonly kind: "fork";
      readonly language: Language;
      readonly type: "null" | "number" | "string" | "boolean";
      readonly to: "Fail" | "End";
    }
  | {
      readonly kind: "task";
      readonly language: Language;
      readonly by: "callback" | "lambda" | "activity";
      readonly timeout: number | null;
      readonly heartbeat: number | null;
      readonly rules: Rules;
      readonly assigns: boolean;
      readonly keepsInput: boolean;
      readonly mocks: readonly MockResult[];
    }
  | { readonly kind: "parallel"; readonly language: Language; readonly branches: readonly (readonly Block[])[]; readonly rules: Rules }
  | {
      readonly kind: "map";
      readonly language: Language;
      readonly isDistributed: boolean;
      /** Of a distributed one: whether it reads its items, which are mocked then. */
      readonly reads: boolean;
      readonly items: readonly unknown[];
      readonly maxConcurrency: number;
      readonly tolerated: number | null;
      readonly selects: boolean;
      readonly rules: Rules;
      readonly line: readonly Block[];
    };

export const someErrors = ["Refused", "Broken", "States.Timeout"];

const language = fc.constantFrom<Language[]>("JSONPath", "JSONata");
/** No key of a payload template is among its members, which no machine with JSONata may have. */
const value = fc.jsonValue({ maxDepth: 1 }).filter((json) => !JSON.stringify(json).includes('.$":'));
const rules: fc.Arbitrary<Rules> = fc.record({
  retry: fc.option(
    fc.record({
      error: fc.constantFrom("Refused", "States.Timeout", "States.HeartbeatTimeout", "States.TaskFailed", "States.ALL"),
      interval: fc.integer({ min: 1, max: 4 }),
      attempts: fc.integer({ min: 0, max: 2 }),
      rate: fc.constantFrom(1, 1.5, 2),
    }),
  ),
  caught: fc.option(fc.constantFrom("Refused", "Broken", "States.Timeout", "States.TaskFailed", "States.ALL")),
});
const mockResult: fc.Arbitrary<MockResult> = fc.oneof(
  value.map((Return) => ({ Return })),
  fc.constantFrom("Refused", "Broken").map((error) => ({ Throw: { Error: error, Cause: "mocked" } })),
);

/** A line of random states, `minLength` to 3 steps; `depth` is how many Parallels and Maps may be within each other. */
export function blocks(depth: number, minLength = 1): fc.Arbitrary<Block[]> {
  const task: fc.Arbitrary<Block> = fc.record({
    kind: fc.constant("task" as const),
    language,
    by: fc.constantFrom("callback" as const, "callback" as const, "lambda" as const, "activity" as const),
    timeout: fc.option(fc.integer({ min: 6, max: 15 }), { nil: null }),
    heartbeat: fc.option(fc.integer({ min: 2, max: 5 }), { nil: null }),
    rules,
    assigns: fc.boolean(),
    keepsInput: fc.boolean(),
    mocks: fc.oneof(fc.array(mockResult, { minLength: 1, maxLength: 3 }), fc.constant([])),
  });
  const flat: fc.Arbitrary<Block>[] = [
    fc.record({ kind: fc.constant("pass" as const), language, value, assigns: fc.boolean() }),
    fc.record({ kind: fc.constant("wait" as const), language, seconds: fc.integer({ min: 0, max: 12 }) }),
    fc.record({
      kind: fc.constant("fork" as const),
      language,
      type: fc.constantFrom("null" as const, "number" as const, "string" as const, "boolean" as const),
      to: fc.constantFrom("Fail" as const, "End" as const),
    }),
    ...[task, task, task],
  ];
  if (depth === 0) return fc.array(fc.oneof(...flat), { minLength: 1, maxLength: 3 });
  const inner = blocks(depth - 1);
  const nested: fc.Arbitrary<Block>[] = [
    fc.record({ kind: fc.constant("parallel" as const), language, branches: fc.array(inner, { minLength: 1, maxLength: 3 }), rules }),
    fc.record({
      kind: fc.constant("map" as const),
      language,
      isDistributed: fc.boolean(),
      reads: fc.boolean(),
      items: fc.array(value, { maxLength: 4 }),
      maxConcurrency: fc.integer({ min: 0, max: 2 }),
      tolerated: fc.option(fc.integer({ min: 0, max: 2 }), { nil: null }),
      selects: fc.boolean(),
      rules,
      line: inner,
    }),
  ];
  return fc.array(fc.oneof(...flat, ...nested, ...nested), { minLength, maxLength: 3 });
}

/**
 * Whether executions of their own can overtake each other: those of a distributed Map, where JSONata, which is evaluated beside them, decides
 * which is first.
 */
export function hasRace(line: readonly Block[], whole: Language, isConcurrent = false): boolean {
  return line.some((block) => {
    if (block.kind === "parallel") return block.branches.some((branch) => hasRace(branch, whole, true));
    if (block.kind !== "map") return false;
    if (hasRace(block.line, whole, true)) return true;
    return block.isDistributed && (isConcurrent || usesJsonata(block.line, whole));
  });
}

function usesJsonata(line: readonly Block[], whole: Language): boolean {
  return line.some((block) => {
    if (whole === "JSONata" || block.language === "JSONata") return true;
    if (block.kind === "parallel") return block.branches.some((branch) => usesJsonata(branch, whole));
    return block.kind === "map" && usesJsonata(block.line, whole);
  });
}
