// Apart from sfn-callback.js because an old Node cannot parse import().
const { enableCompileCache } = require("node:module");

enableCompileCache?.();
silenceSqliteWarning();

import("../dist/main.js")
  .then(({ main }) => main(process))
  .then(
    (exitCode) => {
      process.exitCode = exitCode;
    },
    (error) => {
      // The last resort: main tells its own failures. A token has no business in a stack, but an error may quote its input.
      const text = String(error?.stack ?? error).replace(/[A-Za-z0-9+/=%]{100,}/g, "<task token>");
      process.stderr.write(`sfn-callback failed: ${text}\n`);
      process.exitCode = 1;
    },
  );

// Node 22 warns of node:sqlite at its first import; the feature it warns of is the one this tool is tested on. Others still show.
function silenceSqliteWarning() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    if (String(warning?.message ?? warning).startsWith("SQLite is an experimental feature")) return;
    emitWarning.call(process, warning, ...rest);
  };
}
