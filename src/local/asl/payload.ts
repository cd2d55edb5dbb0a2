import { type Json, jsonText } from "./json.ts";

/**
 * A value that an execution's state holds: an input, an output, a variable. It never changes, so states share it, and it is read and written as
 * JSON only where that is asked for, once. A long one is not written with each state that holds it, but kept beside them (see store/payloads.ts).
 */
export class Payload {
  #value: Json | undefined;
  #text: string | undefined;
  /** Where an array's come from, or the text. */
  readonly #items: readonly Payload[] | null;
  readonly #readText: (() => string) | null;
  /** Its number among those of its execution that are kept beside the state; null while it is not. */
  keptAs: number | null;

  private constructor(value: Json | undefined, items: readonly Payload[] | null, readText: (() => string) | null, keptAs: number | null) {
    this.#value = value;
    this.#items = items;
    this.#readText = readText;
    this.keptAs = keptAs;
  }

  static of(value: Json): Payload {
    return new Payload(value, null, null, null);
  }

  /** An array of other payloads. */
  static array(items: readonly Payload[]): Payload {
    return new Payload(undefined, items, null, null);
  }

  /** What `readText` gives is compact JSON text. */
  static ofText(readText: () => string, keptAs: number | null = null): Payload {
    return new Payload(undefined, null, readText, keptAs);
  }

  get value(): Json {
    this.#value ??= this.#items?.map(({ value }) => value) ?? (JSON.parse(this.text) as Json);
    return this.#value;
  }

  /** As compact JSON text. Throws AslError where the value is nested too deeply to be written. */
  get text(): string {
    this.#text ??=
      this.#readText?.() ?? (this.#items ? `[${this.#items.map(({ text }) => text).join(",")}]` : jsonText(this.#value ?? null));
    return this.#text;
  }

  /** As a state is written with it: its number where it is kept beside the state, else itself in an array of its own. */
  toJSON(): number | readonly [Json] {
    return this.keptAs ?? [this.value];
  }
}
