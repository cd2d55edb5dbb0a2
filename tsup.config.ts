import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";
import { lightImports } from "./scripts/light-imports.ts";
import { thirdPartyLicenses } from "./scripts/third-party-licenses.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

export default defineConfig({
  // The second is the file of a thread (src/local/jsonata/thread.ts).
  entry: { main: "src/main.ts", "jsonata-worker": "src/local/jsonata/worker.ts" },
  outDir: "dist",
  clean: true,
  silent: true,
  format: "esm",
  platform: "node",
  target: "node22",
  // What only some commands need (the SDK, the embedded Step Functions, prompts) stays in chunks of its own.
  splitting: true,
  noExternal: [/.*/],
  // node:sqlite exists with its prefix only.
  removeNodeProtocol: false,
  define: { SFN_CALLBACK_VERSION: JSON.stringify(version) },
  // Bundled CommonJS calls require() for Node's own modules.
  banner: {
    js: 'import { createRequire as createBundleRequire } from "node:module"; const require = createBundleRequire(import.meta.url);',
  },
  esbuildPlugins: [lightImports(), thirdPartyLicenses("dist/THIRD-PARTY-LICENSES.txt")],
  esbuildOptions(options) {
    options.mainFields = ["module", "main"];
    // The package's own minified file is half the size of what esbuild makes of the other.
    options.alias = { jsonata: "jsonata/jsonata.min.js" };
    options.minifyWhitespace = true;
    options.minifySyntax = true;
    options.legalComments = "none";
  },
});
