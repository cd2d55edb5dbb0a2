import type { Preview } from "../answering/preview.ts";
import { dim, red, type Text } from "../text.ts";
import { consequenceText } from "./consequence-text.ts";

/** Where an answer leads, in one line: `Approved? → Approved; the execution succeeds`. */
export function previewText({ passed, then, kills, unforeseen }: Preview, state: string): Text {
  const way = passed.join(" → ");
  if (kills !== null) return red(`it would kill the execution: ${kills.state} fails with ${kills.error}`);
  const last = passed.at(-1) ?? state;
  const after = then === null ? null : consequenceText(then, last);
  const known = [way, after].filter((part) => part !== null && part !== "").join("; ");
  return unforeseen === null ? known : [known, known === "" ? "" : "; ", dim(`the rest cannot be foreseen: ${unforeseen}`)];
}

/** The same as JSON, for scripts. */
export function previewJson(preview: Preview, state: string) {
  const { output, passed, then, kills, unforeseen } = preview;
  const next = passed[0] ?? (then?.kind === "next" || then?.kind === "catch" ? then.state : null);
  return {
    output: output === null ? null : parsedOr(output),
    next,
    passed,
    then: then === null ? null : { ...then, text: consequenceText(then, passed.at(-1) ?? state) },
    kills,
    unforeseen,
  };
}

function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
