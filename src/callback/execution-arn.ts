/** Whether it is of an EXPRESS machine or Map, which keeps no history: nothing in it can wait for an answer (facts page 5.7). */
export function isExpress(executionArn: string): boolean {
  return executionArn.split(":")[5] === "express";
}

/** The machine of an execution, without the label of a distributed Map, whose children are executions of `MACHINE/LABEL`. */
export function machineOf(executionArn: string): { readonly arn: string; readonly name: string } {
  const parts = executionArn.split(":");
  const name = (parts[6] ?? "").split("/")[0] ?? "";
  return { arn: [...parts.slice(0, 5), "stateMachine", name].join(":"), name };
}
