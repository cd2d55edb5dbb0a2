import type { Context } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { type PolicyDocument, policyDocument, trustPolicy } from "../../example/permissions.ts";
import { bold } from "../../text.ts";
import { boundaryOf, stackNameOf } from "../deploy-example/options.ts";
import { flagOf, textOption } from "../parsed-options.ts";
import { deployerPolicy } from "./deployer.ts";
import { approverPolicy, listerPolicy, type PolicyParts, workerPolicy } from "./people.ts";
import { scopeOf } from "./scope.ts";
import { stateMachinePolicy } from "./state-machine.ts";

const roles = ["lister", "approver", "worker", "deployer", "state-machine"] as const;
type Role = (typeof roles)[number];

/** Which options go with which role; the others would be left out without a word. */
const goWith: Readonly<Record<string, readonly Role[]>> = {
  stateMachine: ["lister", "approver", "worker"],
  activity: ["worker"],
  kmsKey: ["lister", "approver", "worker"],
  stackName: ["deployer", "state-machine"],
  permissionsBoundary: ["deployer"],
  definition: ["state-machine"],
  trust: ["state-machine"],
};

/** Prints a policy on stdout, and on stderr what it cannot restrict. It asks AWS for nothing. */
export async function policy(context: Context, given: Record<string, unknown>, word: string): Promise<number> {
  const { terminal } = context;
  const role = roles.find((each) => each === word);
  if (role === undefined) throw usageError(`there is no policy for ${JSON.stringify(word)}`, `it is one of ${roles.join(", ")}`);
  refuseForeign(given, role);
  const { statements, cannotRestrict } = await partsOf(context, given, role);
  const document = given["trust"] === true ? trust(given, context) : policyDocument(statements);
  await terminal.result({ role, policy: document, cannotRestrict }, () => JSON.stringify(document, null, 2).split("\n"));
  if (terminal.format === "human" && given["trust"] !== true) {
    terminal.note(bold("What it cannot restrict:"));
    for (const line of cannotRestrict) terminal.note(`- ${line}`);
  }
  return 0;
}

async function partsOf(context: Context, given: Record<string, unknown>, role: Role): Promise<PolicyParts> {
  const scope = scopeOf(given, context.connectionOptions);
  const kmsKey = keyOf(textOption(given, "kmsKey"));
  switch (role) {
    case "lister":
      return listerPolicy(scope, kmsKey);
    case "approver":
      return approverPolicy(scope, kmsKey);
    case "worker":
      return workerPolicy(scope, kmsKey);
    case "deployer":
      return deployerPolicy(scope, stackNameOf(given), boundaryOf(given) ?? null);
    case "state-machine": {
      const file = textOption(given, "definition");
      return stateMachinePolicy(scope, stackNameOf(given), file === undefined ? null : await context.files.read(file));
    }
  }
}

function refuseForeign(given: Record<string, unknown>, role: Role): void {
  for (const [name, takers] of Object.entries(goWith)) {
    if (given[name] === undefined || takers.includes(role)) continue;
    const option = flagOf(name);
    throw usageError(`${option} is of no use with ${role}; it is for ${takers.join(", ")}`, `leave ${option} out`);
  }
  if (given["trust"] === true && given["definition"] !== undefined)
    throw usageError("--trust and --definition are two different policies", "give one of them");
}

function keyOf(arn: string | undefined): string | null {
  if (arn === undefined) return null;
  if (/^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(arn)) return arn;
  throw usageError(
    `--kms-key ${JSON.stringify(arn)} is not the ARN of a key`,
    "it looks like arn:aws:kms:eu-central-1:123456789012:key/…; a policy cannot name a key by its alias",
  );
}

/** Only this account's Step Functions may take the role on. */
function trust(given: Record<string, unknown>, { connectionOptions }: Context): PolicyDocument {
  const { partition, region, account } = scopeOf(given, connectionOptions);
  const machines = { ArnLike: { "aws:SourceArn": `arn:${partition}:states:${region}:${account}:stateMachine:*` } };
  return trustPolicy("states.amazonaws.com", account === "*" ? machines : { StringEquals: { "aws:SourceAccount": account }, ...machines });
}
