/** Where AWS's console is, by the partition that an ARN names. */
const hosts: Readonly<Record<string, (region: string) => string>> = {
  aws: (region) => `${region}.console.aws.amazon.com`,
  "aws-cn": () => "console.amazonaws.cn",
  "aws-us-gov": () => "console.amazonaws-us-gov.com",
  "aws-eusc": (region) => `${region}.console.amazonaws-eusc.eu`,
  "aws-iso": () => "console.c2shome.ic.gov",
  "aws-iso-b": () => "console.sc2shome.sgov.gov",
  "aws-iso-e": (region) => `${region}.console.csphome.adc-e.uk`,
  "aws-iso-f": (region) => `${region}.console.csphome.hci.ic.gov`,
};

/** The page of an execution or a state machine in AWS's console; null for a partition whose console is not known. */
export function consoleLink(arn: string): string | null {
  const [, partition = "", service, region = "", , kind] = arn.split(":");
  const host = Object.hasOwn(hosts, partition) ? hosts[partition]?.(region) : undefined;
  if (host === undefined || service !== "states" || !/^[a-z0-9-]+$/.test(region)) return null;
  const pages: Readonly<Record<string, string>> = { execution: "v2/executions/details", stateMachine: "statemachines/view" };
  const page = pages[kind ?? ""];
  return page === undefined ? null : `https://${host}/states/home?region=${region}#/${page}/${encodeURIComponent(arn)}`;
}
