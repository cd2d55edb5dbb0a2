/** The machine of an execution, without the label of a distributed Map, whose children are executions of `MACHINE/LABEL`. */
export function machineOf(executionArn: string): { readonly arn: string; readonly name: string } {
  const parts = executionArn.split(":");
  const name = (parts[6] ?? "").split("/")[0] ?? "";
  return { arn: [...parts.slice(0, 5), "stateMachine", name].join(":"), name };
}
