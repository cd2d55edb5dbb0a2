/** A file's text, put into the bundle as it is (scripts/raw-text.ts). */
declare module "*?raw" {
  const text: string;
  export = text;
}
