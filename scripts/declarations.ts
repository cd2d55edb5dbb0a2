import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Writes the types of `sfn-callback/local` to `file`. The compiler writes a declaration file for each source; only that of the module itself is
 * published, so it must need no other: its public types stand in it.
 */
export function writeDeclarations(file: string): void {
  const folder = mkdtempSync(join(tmpdir(), "sfn-callback-types-"));
  try {
    const compiler = join("node_modules", "typescript", "bin", "tsc");
    execFileSync(process.execPath, [compiler, "-p", "tsconfig.declarations.json", "--outDir", folder], { stdio: "inherit" });
    const made = join(folder, "local.d.ts");
    const imports = readFileSync(made, "utf8").match(/\bfrom "[^"]+"|\bimport\(/g);
    if (imports !== null) throw new Error(`the types of sfn-callback/local need other files: ${imports.join(", ")}`);
    cpSync(made, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
