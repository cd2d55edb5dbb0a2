import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import type { Plugin } from "esbuild";

/** Functions that are taken from their module only when called: to load the module takes milliseconds, and most commands need none of it. */
const takenLate = [
  { module: "child_process", importers: /node_modules\/commander\/|src\/shell\/child(ren)?\.ts$/, functions: ["spawn"] },
  { module: "util", importers: /node_modules\/commander\/|src\/answering\//, functions: ["stripVTControlCharacters"] },
  // It loads streams (5 ms).
  { module: "v8", importers: /src\/commands\//, functions: ["setFlagsFromString"] },
  { module: "crypto", importers: /src\/(callback|commands|shell)\//, functions: ["createHash", "randomUUID"] },
];

/** Of node:fs/promises, by way of node:fs: the module of promises loads readline with it (5 ms), for a function that nobody calls. */
const promisedLate = {
  importers: /src\/shell\/|node_modules\/@smithy\/core\//,
  functions: ["access", "lstat", "mkdir", "mkdtemp", "readdir", "readFile", "readlink", "rm", "stat", "writeFile"],
};

/** Packages that begin when they are first called. */
const packagesLate = [
  // Its regular expressions over all of Unicode take 25 ms, and only a table on a terminal needs them.
  {
    name: "string-width",
    importers: /src\/terminal\//,
    code: 'export default (text) => (late ??= require("string-width").default)(text);',
  },
  // It looks at once at what kind of terminal this is (7 ms).
  {
    name: "chalk",
    importers: /src\/terminal\//,
    code: 'export function Chalk(options) { return new (late ??= require("chalk").Chalk)(options); }',
  },
  // 15 ms, and only a definition with a JSONata expression in it needs the check of its syntax.
  {
    name: "jsonata",
    importers: /src\/local\/jsonata\/syntax\.ts$/,
    code: 'export default (...values) => (late ??= require("jsonata"))(...values);',
  },
];

const builtin = new RegExp(`^(node:)?(${[...builtinModules, "sqlite"].filter((name) => /^[a-z]/.test(name)).join("|")})$`);

/**
 * Keeps the start light. An ES import of one of Node's modules reads every export of it at once, whoever asks for what: that of node:http
 * loads undici for its WebSocket (20 ms), that of node:fs its streams. In the bundle only those exports are read that are used.
 */
export function lightImports(): Plugin {
  return {
    name: "light-imports",
    setup(build) {
      build.onResolve({ filter: builtin }, ({ path, importer, kind }) => {
        if (kind === "require-call" || kind === "dynamic-import") return undefined;
        const name = path.replace(/^node:/, "");
        const late = takenLate.some(({ module, importers }) => module === name && importers.test(importer));
        const promised = name === "fs/promises" && promisedLate.importers.test(importer);
        return { path: name, namespace: promised ? "light-promised" : late ? "light-late" : "light-builtin", sideEffects: false };
      });
      build.onLoad({ filter: /./, namespace: "light-builtin" }, ({ path }) => ({ contents: exportsUsed(path), loader: "js" }));
      build.onLoad({ filter: /./, namespace: "light-late" }, ({ path }) => ({ contents: exportsLate(path), loader: "js" }));
      build.onLoad({ filter: /./, namespace: "light-promised" }, () => ({ contents: exportsPromised(), loader: "js" }));
      // import() reads every export too; the SDK asks for node:http so.
      build.onLoad({ namespace: "file", filter: /node_modules\/@(smithy|aws-sdk)\/.*\.js$/ }, ({ path }) => ({
        contents: readFileSync(path, "utf8").replace(/\bimport\("(node:https?)"\)/g, 'process.getBuiltinModule("$1")'),
        loader: "js",
      }));
      build.onResolve({ filter: /^[a-z-]+$/ }, ({ path, importer }) =>
        packagesLate.some(({ name, importers }) => name === path && importers.test(importer))
          ? { path, namespace: "light-package" }
          : undefined,
      );
      build.onLoad({ filter: /./, namespace: "light-package" }, ({ path }) => ({
        contents: `let late; ${packagesLate.find(({ name }) => name === path)?.code ?? ""}`,
        loader: "js",
        resolveDir: process.cwd(),
      }));
    },
  };
}

function exportsUsed(name: string): string {
  const names = Object.keys(process.getBuiltinModule(`node:${name}`) ?? {}).filter(
    (each) => /^[A-Za-z]\w*$/.test(each) && each !== "default",
  );
  // A pure call whose result nobody uses is left out by the bundler.
  const lines = names.map((each) => {
    // The SDK asks whether a body is one, and never makes one; to read it loads all of Node's file streams (4 ms).
    const value =
      each === "ReadStream" ? "{ [Symbol.hasInstance]: (it) => it instanceof builtin.ReadStream }" : `/* @__PURE__ */ read("${each}")`;
    return `const $${each} = ${value}; export { $${each} as ${each} };`;
  });
  return `const builtin = /* @__PURE__ */ process.getBuiltinModule("node:${name}");
    const read = (name) => builtin[name];
    export default builtin;
    ${lines.join("\n")}`;
}

function exportsLate(name: string): string {
  const functions = takenLate.find(({ module }) => module === name)?.functions ?? [];
  const lines = functions.map(
    (each) => `export const ${each} = (...values) => process.getBuiltinModule("node:${name}").${each}(...values);`,
  );
  return `${lines.join("\n")}\nexport default { ${functions.join(", ")} };`;
}

function exportsPromised(): string {
  const lines = promisedLate.functions.map((each) => `export const ${each} = promised("${each}");`);
  return `const promised = (name) => (...values) => new Promise((done, fail) =>
      process.getBuiltinModule("node:fs")[name](...values, (error, value) => (error ? fail(error) : done(value))));
    ${lines.join("\n")}`;
}
