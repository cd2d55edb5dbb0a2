import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";

/** `import text from "./file?raw"` is the file's text, as in Vite, which runs the tests. */
export function rawText(): Plugin {
  return {
    name: "raw-text",
    setup(build) {
      build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.slice(0, -"?raw".length)),
        namespace: "raw-text",
      }));
      build.onLoad({ filter: /./, namespace: "raw-text" }, ({ path }) => ({ contents: readFileSync(path, "utf8"), loader: "text" }));
    },
  };
}
