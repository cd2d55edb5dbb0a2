import { exampleMachines } from "./definitions.ts";

/** How the example's tasks may be answered: a contract as people write them for their own machines (docs/contracts.md). */
export const exampleContract = {
  stateMachines: {
    approval: {
      "Ask for approval": {
        title: "Approve order {{input.order}}?",
        outcomes: {
          approve: {
            label: "Approve",
            form: {
              properties: { comment: { type: "string", title: "Comment", maxLength: 500 } },
            },
            success: { approved: true, comment: "{{form.comment}}" },
          },
          reject: {
            label: "Reject",
            form: {
              properties: { reason: { type: "string", title: "Reason", minLength: 3, maxLength: 500 } },
              required: ["reason"],
            },
            failure: { error: "Rejected", cause: "{{form.reason}}" },
          },
        },
      },
    },
  },
};

/** Whether a definition is that of an example's machine, wherever it was deployed: its queue differs, its Comment does not. */
export function isExample(machineName: keyof typeof exampleContract.stateMachines, comment: unknown): boolean {
  const example = exampleMachines.find(({ name }) => name === machineName)?.definition as { readonly Comment?: string } | undefined;
  return example?.Comment !== undefined && example.Comment === comment;
}
