import { basename, join, resolve } from "node:path";
import type { BuildOptions, Plugin, PluginBuild } from "esbuild";

/** Where only a part of a package is taken, it is named here; anything else is bundled with all its exports. */
const exportsOf: Readonly<Record<string, string>> = {
  "@aws-sdk/credential-providers": "{ fromNodeProviderChain }",
  inquirer: "{ default }",
  ora: "{ default }",
  yaml: "{ Document, Scalar, isMap, isScalar, parseDocument, visit }",
};

/** What the SDK imports for other services and for browsers, and can never reach from here. */
const neverReached = /^(@smithy\/core\/event-streams|bowser)$/;

/**
 * Bundles what is taken by import() in src into a file of its own, whole in itself: `import("../aws/connection.ts")` loads
 * `connection.js` and nothing else. The bundler would cut it into a chunk for each set of sharers, two dozen for any call to AWS, and each file
 * costs a millisecond. The price is a second copy of what two of them use. `plugins` are those of the bundle around them.
 */
export function lateBundles(plugins: readonly Plugin[]): Plugin {
  const made = new Set<string>();
  const plugin: Plugin = {
    name: "late-bundles",
    setup(build) {
      const wanted = new Map<string, string>();
      const isEntry = build.initialOptions.stdin === undefined;
      build.onResolve({ filter: /./ }, ({ path, importer, kind, namespace, resolveDir }) => {
        if (kind !== "dynamic-import" || path.startsWith("node:") || (namespace === "file" && importer.includes("node_modules")))
          return undefined;
        const file = `${basename(path, ".ts")}.js`;
        wanted.set(file, path.startsWith(".") ? resolve(resolveDir, path) : path);
        return { path: `./${file}`, external: true };
      });
      // A class is itself in one bundle only, and `instanceof CliError` has to know those thrown by any.
      if (!isEntry)
        build.onResolve({ filter: /\/errors\.ts$/ }, (from) => (isOurErrors(from.resolveDir, from.path) ? mainBundle : undefined));
      keepSdkLean(build);
      build.onEnd(async ({ errors }) => {
        for (const [file, module] of errors.length > 0 ? [] : wanted) {
          if (made.has(file)) continue;
          made.add(file);
          await build.esbuild.build(optionsOf(file, module, build.initialOptions, [plugin, ...plugins]));
        }
      });
    },
  };
  return plugin;
}

const mainBundle = { path: "./main.js", external: true };

function isOurErrors(resolveDir: string, path: string): boolean {
  return resolve(resolveDir, path) === resolve("src/errors.ts");
}

function optionsOf(file: string, module: string, around: BuildOptions, plugins: Plugin[]): BuildOptions {
  const { platform, target, mainFields, alias, banner, define, minifyWhitespace, minifySyntax, legalComments, outdir = "dist" } = around;
  const same = { platform, target, mainFields, alias, banner, define, minifyWhitespace, minifySyntax, legalComments };
  return {
    ...(Object.fromEntries(Object.entries(same).filter(([, value]) => value !== undefined)) as BuildOptions),
    stdin: { contents: `export ${exportsOf[module] ?? "*"} from ${JSON.stringify(module)};`, resolveDir: process.cwd() },
    bundle: true,
    format: "esm",
    outfile: join(around.outfile === undefined ? outdir : join(around.outfile, ".."), file),
    plugins,
  };
}

function keepSdkLean(build: PluginBuild): void {
  // The client's own default for credentials would bring their whole chain with it; here it is asked for when it is called.
  build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ importer }) =>
    /client-(sfn|cloudformation)\//.test(importer) ? { path: "chain", namespace: "late-chain" } : undefined,
  );
  build.onLoad({ filter: /./, namespace: "late-chain" }, () => ({
    contents: `export const defaultProvider = (init) => async (caller) =>
      (await import("@aws-sdk/credential-providers")).fromNodeProviderChain(init)(caller);`,
    loader: "js",
  }));
  build.onResolve({ filter: neverReached }, ({ path }) => ({ path, namespace: "never-reached" }));
  build.onLoad({ filter: /./, namespace: "never-reached" }, ({ path }) => ({
    contents: `throw new Error("${path} is left out of this bundle");`,
    loader: "js",
  }));
}
