// Runs the ejected handler with the events on standard input, as Lambda does.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

const { handler } = createRequire(import.meta.url)(process.argv[2]);
for (const event of JSON.parse(await text(process.stdin))) process.stdout.write(`${JSON.stringify(await handler(event))}\n`);
