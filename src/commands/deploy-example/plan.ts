import type { ResourceChange } from "../../aws/cloudformation.ts";
import type { Context } from "../../context.ts";
import type { Template } from "../../example/template.ts";
import { bold, cyan, dim, green, red, type Text, yellow } from "../../text.ts";

/** What a role that is created or changed lets a service do. */
export interface Permission {
  readonly role: string;
  readonly service: string;
  readonly actions: readonly string[];
  readonly on: string;
}

/** The permissions of those roles of the template that the change set makes or changes. */
export function permissionsOf(template: Template, stackName: string, changes: readonly ResourceChange[]): Permission[] {
  return changes
    .filter(({ action, type }) => type === "AWS::IAM::Role" && action !== "Remove")
    .flatMap(({ logicalId }) => {
      // The wire: our own template, as it is sent.
      const role = template.Resources[logicalId]?.Properties as RoleProperties | undefined;
      const service = role?.AssumeRolePolicyDocument.Statement[0]?.Principal.Service ?? "";
      return (role?.Policies ?? []).flatMap(({ PolicyDocument }) =>
        PolicyDocument.Statement.map(({ Action, Resource }) => ({
          role: logicalId,
          service,
          actions: [Action].flat(),
          on: resourceText(Resource, stackName),
        })),
      );
    });
}

interface RoleProperties {
  readonly AssumeRolePolicyDocument: { readonly Statement: readonly { readonly Principal: { readonly Service: string } }[] };
  readonly Policies: readonly {
    readonly PolicyDocument: { readonly Statement: readonly { readonly Action: string | readonly string[]; readonly Resource: unknown }[] };
  }[];
}

/** A resource as a template names it: by its logical id, or its ARN without what is the same for all. */
function resourceText(resource: unknown, stackName: string): string {
  if (typeof resource === "string") return resource;
  const { "Fn::Sub": sub, "Fn::GetAtt": attribute } = resource as { "Fn::Sub"?: string; "Fn::GetAtt"?: readonly string[] };
  if (attribute !== undefined) return attribute[0] ?? "";
  return (sub ?? "").replaceAll(`\${AWS::StackName}`, stackName).replace(/^arn:.*?\$\{AWS::AccountId\}:/, "");
}

/** Says on stderr what a change set will do. */
export function tellChanges(
  { terminal }: Context,
  title: string,
  changes: readonly ResourceChange[],
  permissions: readonly Permission[],
): void {
  if (terminal.format !== "human") return;
  terminal.note(bold(title));
  const widest = Math.max(0, ...changes.map(({ logicalId }) => logicalId.length));
  for (const change of changes) terminal.note(["  ", changeText(change, widest)]);
  if (permissions.length === 0) return;
  terminal.note(bold("Permissions it gives:"));
  for (const { role, service, actions, on } of permissions) {
    terminal.note(["  ", cyan(service), dim(` (${role})`), ` may ${actionsText(actions)} `, dim("on "), on]);
  }
}

/** The service is named once: `sqs:SendMessage, ReceiveMessage`. */
function actionsText(actions: readonly string[]): string {
  return actions.map((action, at) => (at === 0 ? action : action.slice(action.indexOf(":") + 1))).join(", ");
}

function changeText({ action, logicalId, type, replacement }: ResourceChange, widest: number): Text {
  const anew =
    replacement === "yes" ? " (made anew: the one that is there is deleted)" : replacement === "maybe" ? " (perhaps made anew)" : "";
  const sign = { Add: green("+"), Import: green("+"), Remove: red("-") }[String(action)] ?? yellow("~");
  return [sign, ` ${logicalId.padEnd(widest)}  `, dim(type), anew];
}
