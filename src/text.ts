/**
 * Text for a person, as data: styles are values, never escape sequences. Whatever came from AWS goes in as a plain string, and the
 * terminal, the only one that writes escape sequences, makes every control character in a string visible. So a hostile name, input
 * or cause cannot move the cursor, whoever prints it.
 */
export type Text = string | StyledText | readonly Text[];

export type StyleName = "bold" | "dim" | "inverse" | "red" | "green" | "yellow" | "cyan";

export interface StyledText {
  readonly style: StyleName;
  readonly text: Text;
}

const styled =
  (style: StyleName) =>
  (text: Text): StyledText => ({ style, text });

export const bold = styled("bold");
export const dim = styled("dim");
export const inverse = styled("inverse");
export const red = styled("red");
export const green = styled("green");
export const yellow = styled("yellow");
export const cyan = styled("cyan");
