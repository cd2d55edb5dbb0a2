/** Keeps secrets out of everything that is printed. */
export interface Secrets {
  /** The secret is hidden from now on, until the function that comes back is called. */
  hide(secret: string): () => void;
  /** Lets this very text through from now on. */
  reveal(secret: string): void;
  /** The text without secrets. */
  clean(text: string): string;
  /** A JSON value (anything JSON.stringify takes) without secrets in its strings and keys. */
  cleanJson(value: unknown): unknown;
}

const replacement = "<task token>";

/**
 * Secrets known by their very text (also percent-encoded, and escaped inside a JSON string), and those that `redact` knows by their
 * shape. Exact ones go first and all in one pass: a short secret must not be found inside the replacement of another.
 */
export function createSecrets(redact: (text: string) => string): Secrets {
  const forms = new Set<string>();
  let pattern: RegExp | undefined;
  const remake = (): void => {
    const longestFirst = [...forms].sort((one, other) => other.length - one.length);
    pattern = forms.size === 0 ? undefined : new RegExp(longestFirst.map(escapePattern).join("|"), "g");
  };
  let revealed: string | undefined;
  const cleanPart = (text: string): string => redact(pattern === undefined ? text : text.replace(pattern, replacement));
  const clean = (text: string): string => (revealed === undefined ? cleanPart(text) : text.split(revealed).map(cleanPart).join(revealed));
  const cleanParsed = (value: unknown): unknown => {
    if (typeof value === "string") return clean(value);
    if (Array.isArray(value)) return value.map(cleanParsed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [clean(key), cleanParsed(inner)]));
  };
  return {
    hide: (secret) => {
      const ofSecret = secret === "" ? [] : secretForms(secret);
      for (const form of ofSecret) forms.add(form);
      remake();
      return () => {
        for (const form of ofSecret) forms.delete(form);
        remake();
      };
    },
    reveal: (secret) => {
      if (secret !== "") revealed = secret;
    },
    clean,
    cleanJson: (value) => cleanParsed(JSON.parse(JSON.stringify(value) ?? "null")),
  };
}

function secretForms(secret: string): string[] {
  // Half a surrogate pair has no percent-encoding: encodeURIComponent would throw.
  const percent = encodeURIComponent(secret.replace(/[\ud800-\udfff]/gu, "\ufffd"));
  const lowerPercent = percent.replace(/%[0-9A-F]{2}/g, (encoded) => encoded.toLowerCase());
  const json = JSON.stringify(secret).slice(1, -1);
  return [secret, percent, lowerPercent, json, JSON.stringify(json).slice(1, -1)];
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
