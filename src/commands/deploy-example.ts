import type { Command } from "commander";
import { repeatable } from "./parsed-options.ts";
import { addExamples, type Run } from "./registration.ts";

/** Puts `deploy-example` on the program. What it does is loaded when it is called: templates and projects, which nothing else needs. */
export function registerDeployExample(program: Command, run: Run): void {
  const command = program
    .command("deploy-example")
    .description("deploy the example, the state machines random and approval, as one stack; or delete or eject it")
    .option("--template <name>", "random, approval or all (default)")
    .option("--stack-name <name>", "the stack (default: sfn-callback-example); all names in it begin with this one")
    .option("--tags <key=value>", "a tag on all that is created; repeatable", repeatable)
    .option("--role-arn <arn>", "use this role for the state machines and the function, and create none")
    .option("--permissions-boundary <arn>", "the permissions boundary of the roles that are created")
    .option("--dry-run", "show what would change, and change nothing")
    .option("--delete", "delete the stack, and wait until it is gone")
    .option("--stop-executions", "with --delete: stop the executions that are running first")
    .option("--print", "print the CloudFormation template, and do nothing else")
    .option("--eject <folder>", "write the example as a project of your own into this folder")
    .option("--as <tool>", "with --eject: cloudformation, sam, serverless or cdk")
    .option("--runtime <name>", "with --as serverless: the function's language, nodejs (default) or ruby")
    .option("--force", "with --eject: write over files that are there")
    .option("--yes", "do not ask");
  addExamples(command, [
    "deploy-example",
    "deploy-example --local",
    "deploy-example --template approval --stack-name trial --tags team=orders --yes",
    "deploy-example --delete --stop-executions",
    "deploy-example --print > template.yaml",
    "deploy-example --eject callback-example --as sam",
  ]).action(
    run(
      async (context, options) => {
        const { deployExample } = await import("./deploy-example/act-on-example.ts");
        return deployExample(context, options);
      },
      // A dry run makes a change set, and takes it back.
      { readsOnly: ({ print }) => print === true },
    ),
  );
}
