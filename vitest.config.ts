import { readFileSync } from "node:fs";
import { defineConfig } from "vitest/config";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

export default defineConfig({
  define: { SFN_CALLBACK_VERSION: JSON.stringify(version) },
  test: {
    setupFiles: ["test/setup.ts"],
    include: ["test/**/*.test.ts"],
    exclude: ["test/long/**", "node_modules/**"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    // Most of a test is waiting for a child or a socket: more workers than cores keep both cores busy.
    maxWorkers: 4,
    // Files share what they import; to load it anew for each is a fifth of the suite's time. What a file leaves behind goes by test/setup.ts.
    isolate: false,
  },
});
