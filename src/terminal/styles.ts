import { Chalk } from "chalk";
import type { Environment } from "../context.ts";
import type { StyleName, Text } from "../text.ts";
import { safeText } from "./safe-text.ts";

/** Turns Text into what is written to a stream. */
export type Render = (text: Text) => string;

/**
 * Stands between the cells of a row in a pipe. Known by identity: a tab inside any other string is made visible, so a cell can never
 * be mistaken for two.
 */
export const cellSeparator: Text = { style: "dim", text: "\t" };

/** Whether a stream gets colors: `--no-color` and NO_COLOR say no, then FORCE_COLOR says yes, then a terminal that is not dumb. */
export function hasColor(stream: { readonly isTTY?: boolean }, environment: Environment, wanted: boolean): boolean {
  if (!wanted || environment["NO_COLOR"]) return false;
  const forced = environment["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return stream.isTTY === true && environment["TERM"] !== "dumb";
}

/** A renderer that hides secrets by `hideSecrets`, makes control characters visible and, with color, adds the escape sequences. */
export function createRender(color: boolean, hideSecrets: (text: string) => string): Render {
  const chalk = color ? new Chalk({ level: 1 }) : undefined;
  const paint = (style: StyleName, text: string): string => (chalk === undefined ? text : chalk[style](text));
  const render: Render = (text) => {
    if (text === cellSeparator) return "\t";
    if (typeof text === "string") return safeText(hideSecrets(text));
    return isStyled(text) ? paint(text.style, render(text.text)) : text.map(render).join("");
  };
  return render;
}

/** The same text with every plain string in it replaced. */
export function mapStrings(text: Text, replace: (plain: string) => string): Text {
  if (typeof text === "string") return replace(text);
  return isStyled(text) ? { style: text.style, text: mapStrings(text.text, replace) } : text.map((part) => mapStrings(part, replace));
}

/** The text without its styles. */
export function plainText(text: Text): string {
  if (typeof text === "string") return text;
  return isStyled(text) ? plainText(text.text) : text.map(plainText).join("");
}

function isStyled(text: Exclude<Text, string>): text is Extract<Text, { style: StyleName }> {
  return "style" in text;
}
