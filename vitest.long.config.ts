import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

export default defineConfig({
  define: { SFN_CALLBACK_VERSION: JSON.stringify(version) },
  test: {
    setupFiles: ["test/setup.ts"],
    include: ["test/long/**/*.long.ts"],
    testTimeout: 30 * 60_000,
    hookTimeout: 60_000,
  },
});
