import type { Command } from "commander";
import { repeatable } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";

/** Puts `policy` on the program. */
export function registerPolicy(program: Command, run: Run): void {
  const command = program
    .command("policy")
    .description("print the least IAM policy for who lists, answers, works or deploys, or for a state machine's own role")
    .argument("<role>", "lister, approver, worker, deployer or state-machine")
    .option("--state-machine <name or arn>", "only this state machine (default: all); repeatable", repeatable)
    .option("--activity <name or arn>", "worker: this activity; repeatable", repeatable)
    .option("--kms-key <arn>", "lister, approver, worker: the key of your own that encrypts the state machines")
    .option("--account <id>", "the account of what is given by name (default: any)")
    .option("--stack-name <name>", "deployer, state-machine: the example's stack (default: sfn-callback-example)")
    .option("--permissions-boundary <arn>", "deployer: may create roles with this boundary only")
    .option("--definition <file>", "state-machine: what the calls of this definition need, instead of the example's")
    .option("--trust", "state-machine: the trust policy of the role instead");
  addExamples(command, [
    "policy lister > policy.json",
    "policy approver --state-machine orders --region eu-central-1 --account 123456789012",
    "policy worker --activity approve-by-hand",
    "policy state-machine --definition orders.asl.json",
  ]).action(
    run(
      async (context, options, role) => {
        const { policy } = await import("./policy/print-policy.ts");
        return policy(context, options, role ?? "");
      },
      { readsOnly: true },
    ),
  );
}
