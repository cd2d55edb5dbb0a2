import { builtinModules } from "node:module";
import type { Plugin } from "esbuild";

/** Functions that are taken from their module only when called: to load the module takes milliseconds, and most commands need none of it. */
const takenLate = [
  { module: "child_process", importers: /node_modules\/commander\/|src\/main\.ts$/, functions: ["spawn"] },
  { module: "util", importers: /node_modules\/commander\//, functions: ["stripVTControlCharacters"] },
  { module: "crypto", importers: /src\/(callback|answering)\//, functions: ["createHash", "randomUUID"] },
];

/** Packages that are one function, loaded when it is called. */
const loadedLate = new Map([
  // Its regular expressions over all of Unicode take 25 ms, and only a table on a terminal needs them.
  ["string-width", { importers: /src\/terminal\//, call: 'require("string-width").default' }],
  // 15 ms, and only a definition with a JSONata expression in it needs the check of its syntax.
  ["jsonata", { importers: /src\/local\/jsonata\/syntax\.ts$/, call: 'require("jsonata")' }],
]);

const builtin = new RegExp(`^(node:)?(${[...builtinModules, "sqlite"].filter((name) => /^[a-z]/.test(name)).join("|")})$`);

/**
 * Keeps the start light. An ES import of one of Node's modules reads every export of it at once, whoever asks for what: that of node:http
 * loads undici for its WebSocket (17 ms), that of node:fs its streams. Taken as CommonJS, an export is read when it is used.
 */
export function lightImports(): Plugin {
  return {
    name: "light-imports",
    setup(build) {
      build.onResolve({ filter: builtin }, ({ path, importer, kind }) => {
        // import() of a CommonJS module would give its default export alone, without the names.
        if (kind === "require-call" || kind === "dynamic-import") return undefined;
        const name = path.replace(/^node:/, "");
        const late = takenLate.some(({ module, importers }) => module === name && importers.test(importer));
        // One copy an importer: a shared one would be a chunk of its own, and a file more to open costs more than the copy.
        return { path: `${name}?${importer}`, namespace: late ? "light-late" : "light-builtin", sideEffects: false };
      });
      build.onLoad({ filter: /./, namespace: "light-builtin" }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule("node:${moduleName(path)}");`,
        loader: "js",
      }));
      build.onLoad({ filter: /./, namespace: "light-late" }, ({ path }) => {
        const functions = takenLate.find(({ module }) => module === moduleName(path))?.functions ?? [];
        const code = functions.map(
          (name) => `export const ${name} = (...values) => process.getBuiltinModule("node:${moduleName(path)}").${name}(...values);`,
        );
        return { contents: `${code.join("\n")}\nexport default { ${functions.join(", ")} };`, loader: "js" };
      });
      build.onResolve({ filter: /^(string-width|jsonata)$/ }, ({ path, importer }) =>
        loadedLate.get(path)?.importers.test(importer) ? { path, namespace: "light-package" } : undefined,
      );
      build.onLoad({ filter: /./, namespace: "light-package" }, ({ path }) => ({
        contents: `let call; export default (...values) => (call ??= ${loadedLate.get(path)?.call})(...values);`,
        loader: "js",
        resolveDir: process.cwd(),
      }));
    },
  };
}

function moduleName(path: string): string {
  return path.split("?")[0] ?? path;
}
