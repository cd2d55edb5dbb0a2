import { usageError } from "../errors.ts";

/** A command's options as commander gives them, by their names in camel case. */
export type ParsedOptions = Readonly<Record<string, unknown>>;

/** Collects the values of an option that may be given again. A variadic option would swallow what follows it. */
export function repeatable(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** An option as it is typed: `--state-machine` for `stateMachine`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The value of an option, or undefined where it was not given. */
export function textOption(options: ParsedOptions, name: string): string | undefined {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
}

/** The values of an option that may be given again; none where it was not given. */
export function textOptions(options: ParsedOptions, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The value of an option that is one of several words, undefined where it was not given; a usage error for any other word. */
export function choiceOption<const Word extends string>(options: ParsedOptions, name: string, words: readonly Word[]): Word | undefined {
  const text = textOption(options, name);
  const word = words.find((each) => each === text);
  if (text === undefined || word !== undefined) return word;
  throw usageError(`${flagOf(name)} takes ${words.join(", ").replace(/, ([^,]*)$/, " or $1")}, not ${JSON.stringify(text)}`);
}
