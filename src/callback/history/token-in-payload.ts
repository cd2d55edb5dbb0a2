import { looksLikeToken, repairToken, tokensIn } from "../task-token.ts";

const deepestNesting = 40;

/**
 * The tokens in a task's resolved parameters that can be its own, the likeliest first. Authors put it under any key, in any string, also in a
 * string that is JSON. A token that stands in the state's or the execution's input too is a parent's. Emulators' tokens have no shape: then
 * the key tells.
 */
export function ownTokensInPayload(payload: string, inputs: readonly (string | null)[]): string[] {
  const strings: KeyedString[] = [];
  collectStrings(payload, "", strings, 0);
  const given = inputs.flatMap((input) => (input === null ? [] : [input, ...tokensIn(input).map(repairToken)]));
  const isOwn = (token: string) => !given.some((input) => token.length >= 8 && input.includes(token));
  const whole = strings.map(({ text }) => text).filter(looksLikeToken);
  const inside = strings.flatMap(({ text }) => tokensIn(text).map(repairToken)).filter(looksLikeToken);
  const shaped = [...new Set([...whole, ...inside])].filter(isOwn);
  if (shaped.length > 0) return shaped;
  // `$…` and `{%` are a definition's own mistake: the path was sent as text.
  const keyed = strings.find(
    ({ key, text }) => /task.?token/i.test(key) && text !== "" && !/^(\$|\{%)/.test(text) && !looksLikeToken(text) && isOwn(text),
  );
  return keyed === undefined ? [] : [keyed.text];
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
