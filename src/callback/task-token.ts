/** Facts page section 8: a shape that held for all recorded tokens. Emulators use others, so it is never a condition for sending. */
const shape = /^[A-Za-z0-9+/=]{200,2048}$/;
const marker = "AAAAKgAAAA";
const shortestToken = 200;

/** A run of the token alphabet, its last three characters also percent-encoded (once or twice) or escaped as in JSON. */
const run = /(?:[A-Za-z0-9+/=]+|%(?:25)?(?:2[BbFf]|3[Dd])|\\{1,4}\/|\\{1,4}u00(?:2[BbFf]|3[Dd]))+/g;

/** Whether the text has the shape of AWS's task tokens. Emulators' tokens need not. */
export function looksLikeToken(text: string): boolean {
  return shape.test(text) && text.includes(marker);
}

/** Undoes what mail, shells, links and logs do to a token: blanks around, quotes, braces, line wraps, percent-encoding, `+` read as a space. */
export function repairToken(text: string): string {
  let token = unwrap(
    text
      .split(/[\r\n\t]/)
      .map((line) => line.trim())
      .join(""),
  );
  for (let times = 0; times < 2 && /%(?:25|2B|2F|3D|20|22)/i.test(token); times += 1) token = unwrap(percentDecode(token));
  return token.replaceAll("\\/", "/").replaceAll(" ", "+");
}

/** The substrings that have a token's shape, as they stand in the text (maybe still encoded), without a `name=` or path before them. */
export function tokensIn(text: string): string[] {
  if (!text.includes(marker)) return [];
  return [...text.matchAll(run)]
    .map(([found]) => found)
    .filter(isLikely)
    .map((found) => found.slice(startOfToken(found)));
}

/** The text with every token-shaped part replaced by `<task token>`, percent-encoded and JSON-escaped ones too. Linear in the text. */
export function hideTokens(text: string): string {
  if (!text.includes(marker)) return text;
  return text.replaceAll(run, (found) => (isLikely(found) ? `${found.slice(0, startOfToken(found))}<task token>` : found));
}

/** Whether a text holds this very token: as it is, encoded, or put out of shape in one of the ways that `repairToken` undoes. */
export function holdsToken(text: string, token: string): boolean {
  return text.includes(token) || repairToken(text) === token || tokensIn(text).some((found) => repairToken(found) === token);
}

/** A run may be longer than any token, where other text stands against it: it hides one all the same. */
function isLikely(found: string): boolean {
  return found.length >= shortestToken && found.includes(marker);
}

/** Past a `token=` or `/approve/` that the run has swallowed; tokens begin with one of these, recorded 2017 to 2026. */
function startOfToken(found: string): number {
  const beforeMarker = found.slice(0, found.indexOf(marker) + marker.length);
  const start = /(?:[/=]|%(?:25)?(?:2[Ff]|3[Dd]))(?:AQ[A-Z]|AAAAKgAAAA)/.exec(beforeMarker);
  if (start === null || /^(?:AQ[A-Z]|AAAAKgAAAA)/.test(found)) return 0;
  return start.index + (start[0].length - (start[0].endsWith(marker) ? marker.length : 3));
}

/** Without the blanks, quotes and brackets around it; by index, so that a long row of them stays cheap. */
function unwrap(text: string): string {
  const around = /[\s"'`{}<>[\]()]/;
  let start = 0;
  let end = text.length;
  while (start < end && around.test(text.charAt(start))) start += 1;
  while (end > start && around.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function percentDecode(text: string): string {
  return text.replaceAll(/%([2-7][0-9A-Fa-f])/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}
