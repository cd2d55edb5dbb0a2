import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { writeDeclarations } from "./scripts/declarations.ts";
import { lateBundles } from "./scripts/late-bundles.ts";
import { lightImports } from "./scripts/light-imports.ts";
import { rawText } from "./scripts/raw-text.ts";
import { thirdPartyLicenses } from "./scripts/third-party-licenses.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

const plugins = [rawText(), lightImports(), thirdPartyLicenses("dist/THIRD-PARTY-LICENSES.txt")];

export default defineConfig({
  // local.js, which is `sfn-callback/local` as well, comes of main's import(). The others are files of threads, named where these are started.
  entry: {
    main: "src/main.ts",
    "jsonata-worker": "src/local/jsonata/worker.ts",
    "definition-check-worker": "src/local/definition-check-worker.ts",
  },
  outDir: "dist",
  clean: true,
  silent: true,
  format: "esm",
  platform: "node",
  target: "node22",
  // What only some commands need (the SDK, the embedded Step Functions, prompts) is in files of its own: lateBundles.
  splitting: false,
  noExternal: [/.*/],
  // node:sqlite exists with its prefix only.
  removeNodeProtocol: false,
  define: { SFN_CALLBACK_VERSION: JSON.stringify(version) },
  // Bundled CommonJS calls require() for Node's own modules.
  banner: {
    js: 'let bundleRequire; const require = (name) => (bundleRequire ??= process.getBuiltinModule("node:module").createRequire(import.meta.url))(name);',
  },
  onSuccess: async () => writeDeclarations("dist/local.d.ts"),
  esbuildPlugins: [lateBundles(plugins), ...plugins],
  esbuildOptions(options) {
    options.mainFields = ["module", "main"];
    // The package's own minified file is half the size of what esbuild makes of the other.
    options.alias = { jsonata: "jsonata/jsonata.min.js" };
    options.minifyWhitespace = true;
    options.minifySyntax = true;
    options.legalComments = "none";
  },
});
