import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Metafile, Plugin } from "esbuild";

interface BundledPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** A line that names the author, or nothing. */
  readonly author: string;
}

/** Writes the licences of every package that has code in any bundle it sees to `file`; fails the build where one states none at all. */
export function thirdPartyLicenses(file: string): Plugin {
  const packages = new Map<string, BundledPackage>();
  return {
    name: "third-party-licenses",
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd((result) => {
        if (result.metafile === undefined || result.errors.length > 0) return;
        addPackages(packages, result.metafile);
        const sorted = [...packages.values()].sort((a, b) => `${a.name}@${a.version}`.localeCompare(`${b.name}@${b.version}`, "en"));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, sorted.map(section).join(`\n${"-".repeat(80)}\n\n`));
      });
    },
  };
}

function addPackages(packages: Map<string, BundledPackage>, metafile: Metafile): void {
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      // What light-imports.ts made up names its importer, which is there by itself.
      const folder = input.startsWith("light-") ? undefined : packageFolder(input);
      if (bytesInOutput === 0 || folder === undefined || packages.has(folder)) continue;
      packages.set(folder, readPackage(folder));
    }
  }
}

// A nested package.json that only says "type": "module" is not a package: the folder right under node_modules is.
function packageFolder(input: string): string | undefined {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return match?.[1];
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<string, unknown>;
  if (typeof license !== "string") throw new Error(`${folder} states no licence; it may not be bundled`);
  return { folder, name: String(name), version: String(version), license, author: authorLine(author) };
}

function authorLine(author: unknown): string {
  if (typeof author === "string") return `by ${author}\n`;
  if (typeof author === "object" && author !== null && "name" in author) return `by ${String(author.name)}\n`;
  return "";
}

function section(bundled: BundledPackage, _index: number, all: readonly BundledPackage[]): string {
  const text = licenseText(bundled) ?? sharedText(bundled, all) ?? `Licensed under ${bundled.license}; the package holds no text of it.`;
  return `${bundled.name} ${bundled.version} (${bundled.license})\n${bundled.author}\n${text}\n`;
}

function licenseText({ folder }: BundledPackage): string | undefined {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|notice|copying)([.-].*)?$/i.test(name));
  const texts = files.map((name) => readFileSync(join(folder, name), "utf8").trim());
  return texts.length > 0 ? texts.join("\n\n") : undefined;
}

// The Apache licence names no holder, so one package's text serves another that forgot it. That of MIT names one, and does not.
function sharedText({ license }: BundledPackage, all: readonly BundledPackage[]): string | undefined {
  if (license !== "Apache-2.0") return undefined;
  return all
    .filter((other) => other.license === license)
    .map(licenseText)
    .find((text) => text !== undefined);
}
