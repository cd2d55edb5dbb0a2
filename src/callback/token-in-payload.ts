import { looksLikeToken, repairToken, tokensIn } from "./task-token.ts";

const deepestNesting = 40;

/**
 * The task's own token in its resolved parameters, or null. Authors put it under any key, in any string, also in a string that is JSON. A
 * token that stands in the state's or the execution's input too is a parent's. Emulators' tokens have no shape: then the key tells.
 */
export function tokenInPayload(payload: string, inputs: readonly (string | null)[]): string | null {
  const strings: KeyedString[] = [];
  collectStrings(payload, "", strings, 0);
  const isOwn = (token: string) => !inputs.some((input) => token.length >= 8 && input !== null && input.includes(token));
  const whole = strings.find(({ text }) => looksLikeToken(text) && isOwn(text));
  if (whole !== undefined) return whole.text;
  for (const { text } of strings) {
    const inside = tokensIn(text)
      .map(repairToken)
      .find((token) => looksLikeToken(token) && isOwn(token));
    if (inside !== undefined) return inside;
  }
  // `$…` and `{%` are a definition's own mistake: the path was sent as text.
  const keyed = strings.find(
    ({ key, text }) => /task.?token/i.test(key) && text !== "" && !/^(\$|\{%)/.test(text) && !looksLikeToken(text) && isOwn(text),
  );
  return keyed?.text ?? null;
}

interface KeyedString {
  readonly key: string;
  readonly text: string;
}

function collectStrings(value: unknown, key: string, strings: KeyedString[], depth: number): void {
  if (depth > deepestNesting) return;
  if (typeof value === "string") {
    const parsed = parseNested(value);
    if (parsed === undefined) strings.push({ key, text: value });
    else collectStrings(parsed, key, strings, depth + 1);
  } else if (Array.isArray(value)) {
    for (const item of value) collectStrings(item, key, strings, depth + 1);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value))
      collectStrings(item, name === "Value" || name === "StringValue" ? key : name, strings, depth + 1);
    collectNamedValue(value, strings);
  }
}

/** `{"Name": "TASK_TOKEN", "Value": "…"}`, as ECS writes environment variables. */
function collectNamedValue(value: object, strings: KeyedString[]): void {
  if (!("Name" in value) || !("Value" in value)) return;
  if (typeof value.Name === "string" && typeof value.Value === "string") strings.push({ key: value.Name, text: value.Value });
}

function parseNested(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
