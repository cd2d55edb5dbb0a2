import type { TemplateOptions } from "../../src/example/template.ts";

/** The templates that can come of `deploy-example`. */
export const templateVariants: Readonly<Record<string, TemplateOptions>> = {
  random: { machines: ["random"] },
  approval: { machines: ["approval"] },
  all: { machines: ["random", "approval"] },
  "all, with a role": { machines: ["random", "approval"], roleArn: "arn:aws:iam::123456789012:role/given" },
  "all, with a boundary": { machines: ["random", "approval"], permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary" },
};
