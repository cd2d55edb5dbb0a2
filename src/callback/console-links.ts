import { partitions } from "./partitions.ts";

const pages: Readonly<Record<string, string>> = { execution: "v2/executions/details", stateMachine: "statemachines/view" };

/** The page of an execution or a state machine in AWS's console; null for a partition whose console is not known. */
export function consoleLink(arn: string): string | null {
  const [, name, service, region = "", , kind = ""] = arn.split(":");
  const partition = partitions.find((each) => each.name === name);
  const page = Object.hasOwn(pages, kind) ? pages[kind] : undefined;
  if (partition === undefined || page === undefined || service !== "states" || !/^[a-z0-9-]+$/.test(region)) return null;
  return `https://${region}.console.${partition.console}/states/home?region=${region}#/${page}/${encodeURIComponent(arn)}`;
}
