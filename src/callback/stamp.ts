import type { Answer } from "./history/outcome.ts";

/** Who answered, when and why, as it is added to an answer. */
export interface Stamp {
  readonly answeredBy?: string;
  readonly answeredAt: string;
  readonly reason?: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The answer with the stamp in it: as members of an object output, which keeps its own of those names, or as a last line of the cause.
 * Null where the output is no object. A heartbeat carries nothing.
 */
export function stamped(answer: Answer, stamp: Stamp): Answer | null {
  if (answer.kind === "heartbeat") return answer;
  if (answer.kind === "failure")
    return { ...answer, cause: [answer.cause ?? "", causeLine(stamp)].filter((line) => line !== "").join("\n") };
  const output = asObject(parsed(answer.output));
  if (output === null) return null;
  const added = Object.entries(stamp).filter(([key]) => !Object.hasOwn(output, key));
  // The text is kept as it was written: a number of more digits than ours hold stays what it is.
  const members = JSON.stringify(Object.fromEntries(added)).slice(1, -1);
  const comma = Object.keys(output).length === 0 || members === "" ? "" : ",";
  return { ...answer, output: `${answer.output.trimEnd().slice(0, -1).trimEnd()}${comma}${members}}` };
}

/** An output that was recorded, without what a stamp added to it: members that `own`, the unstamped output it is compared with, lacks. */
export function withoutStamp(recorded: unknown, own: unknown): unknown {
  const [object, kept] = [asObject(recorded), asObject(own)];
  if (object === null || kept === null || typeof object["answeredAt"] !== "string") return recorded;
  return Object.fromEntries(Object.entries(object).filter(([key]) => !stampKeys.has(key) || Object.hasOwn(kept, key)));
}

/** A cause that was recorded, without the line that a stamp added; null where nothing else was in it. */
export function causeWithoutStamp(recorded: string): string | null {
  const cause = recorded.replace(/(^|\n)answered(?: by [^\n]*)? at \d{4}-\d\d-\d\dT[\d:.]+Z(?:: [^\n]*)?$/, "");
  return cause === "" ? null : cause;
}

const stampKeys: ReadonlySet<string> = new Set(["answeredBy", "answeredAt", "reason"]);

function causeLine({ answeredBy, answeredAt, reason }: Stamp): string {
  const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();
  const by = answeredBy === undefined ? "" : ` by ${oneLine(answeredBy)}`;
  return `answered${by} at ${answeredAt}${reason === undefined ? "" : `: ${oneLine(reason)}`}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}
