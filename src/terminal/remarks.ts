import type { Failure, Format } from "../context.ts";
import type { Text } from "../text.ts";
import { cyan, red } from "../text.ts";
import type { Spinners } from "./progress.ts";
import { safeJson } from "./safe-text.ts";
import type { Secrets } from "./secrets.ts";
import type { Render } from "./styles.ts";

interface Means {
  readonly format: Format;
  readonly secrets: Secrets;
  readonly render: Render;
  readonly spinners: Spinners;
  /** What must come before a line of ours. */
  lineBreak(): string;
  write(text: string): Promise<void>;
}

/** What is said on stderr. It is the last place to tell anything: where it fails, nothing can be said. */
export class Remarks {
  readonly #means: Means;
  #isHeldBack = false;
  readonly #held: Text[] = [];

  constructor(means: Means) {
    this.#means = means;
  }

  /** Says lines of ours, now or once nothing is held back any more. */
  say(lines: readonly Text[]): void {
    const { spinners, render, lineBreak } = this.#means;
    if (this.#isHeldBack) this.#held.push(...lines);
    else spinners.aside(() => this.#write(lineBreak() + lines.map((line) => `${render(line)}\n`).join("")));
  }

  /** Tells a failure, as JSON in the JSON formats. */
  fail(failure: Failure): void {
    const { spinners, format, secrets } = this.#means;
    // What failed goes on no longer, and may never get to say so itself.
    spinners.stopAll();
    if (format === "human") this.say(failureLines(failure, secrets));
    else this.#write(`${safeJson(JSON.stringify(secrets.cleanJson({ error: failureJson(failure) })))}\n`);
  }

  /** Whether what is said waits, as while a screen is shown. */
  get isHeldBack(): boolean {
    return this.#isHeldBack;
  }

  holdBack(isHeldBack: boolean): void {
    this.#isHeldBack = isHeldBack;
    if (!isHeldBack && this.#held.length > 0) this.say(this.#held.splice(0));
  }

  #write(text: string): void {
    void this.#means.write(text).catch(() => {});
  }
}

function failureJson(failure: Failure): Record<string, string | null> {
  return {
    code: failure.code,
    message: failure.message,
    hint: failure.hint ?? null,
    awsRequestId: failure.awsRequestId ?? null,
  };
}

function failureLines(failure: Failure, secrets: Secrets): Text[] {
  // Cleaned before it is split, in case a secret spans lines. A message's further lines are indented, so that none, whatever AWS put
  // into it, passes for a line of ours.
  const [first = "", ...rest] = secrets.clean(failure.message).split("\n");
  const hints = failure.hint === undefined ? [] : secrets.clean(failure.hint).split("\n");
  return [[red("error:"), " ", first], ...rest.map((line) => ["  ", line]), ...hints.map((line) => [cyan("hint:"), " ", line])];
}
