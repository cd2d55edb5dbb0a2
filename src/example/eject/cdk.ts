import type { ExampleName } from "../definitions.ts";
import approval from "../files/cdk/approval.ts?raw";
import random from "../files/cdk/random.ts?raw";
import randomFunction from "../files/random.js?raw";
import type { ProjectFiles } from "./project.ts";

const constructs = {
  random: { name: "RandomExample", id: "Random", file: "lib/random.ts", text: random },
  approval: { name: "ApprovalExample", id: "Approval", file: "lib/approval.ts", text: approval },
} as const;

/** The example as a CDK app in TypeScript. */
export function cdkProject(machines: readonly ExampleName[]): ProjectFiles {
  const used = machines.map((machine) => constructs[machine]);
  return {
    "bin/app.ts": app(used),
    ...Object.fromEntries(used.map(({ file, text }) => [file, text])),
    ...(machines.includes("random") ? { "functions/random/index.js": randomFunction } : {}),
    "package.json": json({
      name: "sfn-callback-example",
      private: true,
      scripts: { synth: "cdk synth --quiet", deploy: "cdk deploy", destroy: "cdk destroy", typecheck: "tsc" },
      dependencies: { "aws-cdk-lib": "^2.276.0", constructs: "^10.8.1" },
      devDependencies: { "@types/node": "^24.0.0", "aws-cdk": "^2.1148.1", tsx: "^4.20.0", typescript: "^5.9.0" },
    }),
    "cdk.json": json({ app: "tsx bin/app.ts" }),
    "tsconfig.json": json({
      compilerOptions: { target: "es2023", module: "commonjs", strict: true, noEmit: true, skipLibCheck: true, types: ["node"] },
      include: ["bin", "lib"],
    }),
    ".gitignore": "node_modules/\ncdk.out/\n",
  };
}

function app(used: readonly (typeof constructs)[ExampleName][]): string {
  const imports = used.map(({ name, file }) => `import { ${name} } from "../${file.replace(/\.ts$/, "")}";`).sort();
  return `import { App, Stack, Tags } from "aws-cdk-lib";
${imports.join("\n")}

const stack = new Stack(new App(), "SfnCallbackExample", { stackName: "sfn-callback-example" });
Tags.of(stack).add("sfn-callback", "example");
${used.map(({ name, id }) => `new ${name}(stack, "${id}");`).join("\n")}
`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
