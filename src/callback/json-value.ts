/** The value of a JSON text; the text itself where it is none, as AWS cuts long texts off; null for none. */
export function parsedJson(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
