import { type Json, jsonText } from "./json.ts";

/**
 * A value that an execution's state holds: an input, an output, a variable. It never changes, so states share it, and it is read and written as
 * JSON only where that is asked for, once. A long one is not written with each state that holds it, but kept beside them (see store/payloads.ts).
 */
export class Payload {
  #value: Json | undefined;
  #text: string | undefined;
  readonly #readValue: (text: () => string) => Json;
  readonly #readText: () => string;
  /** Its number among those of its execution that are kept beside the state; null while it is not. */
  keptAs: number | null = null;

  private constructor(readValue: (text: () => string) => Json, readText: () => string) {
    this.#readValue = readValue;
    this.#readText = readText;
  }

  static of(value: Json): Payload {
    return new Payload(
      () => value,
      () => jsonText(value),
    );
  }

  /** An array of other payloads. */
  static array(items: readonly Payload[]): Payload {
    return new Payload(
      () => items.map(({ value }) => value),
      () => `[${items.map(({ text }) => text).join(",")}]`,
    );
  }

  /** What `read` gives is compact JSON text. */
  static ofText(read: () => string, keptAs: number | null = null): Payload {
    const payload = new Payload((text) => JSON.parse(text()) as Json, read);
    payload.keptAs = keptAs;
    return payload;
  }

  get value(): Json {
    this.#value ??= this.#readValue(() => this.text);
    return this.#value;
  }

  /** As compact JSON text. Throws AslError where the value is nested too deeply to be written. */
  get text(): string {
    this.#text ??= this.#readText();
    return this.#text;
  }

  /** As a state is written with it: its number where it is kept beside the state, else itself in an array of its own. */
  toJSON(): number | readonly [Json] {
    return this.keptAs ?? [this.value];
  }
}
