import type { Preview } from "../../answering/preview.ts";
import { parsedJson } from "../../callback/json-value.ts";
import { dim, red, type Text } from "../../text.ts";
import { consequenceText } from "./consequence-text.ts";

/** Where an answer leads, in one line: `Approved? → Approved; the execution succeeds`. */
export function previewText({ passed, follows, kills, unforeseen }: Preview, state: string): Text {
  const way = passed.join(" → ");
  if (kills !== null) return red(`it would kill the execution: ${kills.state} fails with ${kills.error}`);
  const last = passed.at(-1) ?? state;
  const after = follows === null ? null : consequenceText(follows, last);
  const known = [way, after].filter((part) => part !== null && part !== "").join("; ");
  return unforeseen === null ? known : [known, known === "" ? "" : "; ", dim(`the rest cannot be foreseen: ${unforeseen}`)];
}

/** The same as JSON, for scripts. */
export function previewJson(preview: Preview, state: string) {
  const { output, passed, follows, kills, unforeseen } = preview;
  const next = passed[0] ?? (follows?.kind === "next" || follows?.kind === "catch" ? follows.state : null);
  return {
    output: parsedJson(output),
    next,
    passed,
    follows: follows === null ? null : { ...follows, text: consequenceText(follows, passed.at(-1) ?? state) },
    kills,
    unforeseen,
  };
}
