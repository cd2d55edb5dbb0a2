/** The domain of AWS's console, by the partition that an ARN names; those of the isolated ones are told by the SDK's rules for signing in. */
const domains: Readonly<Record<string, string>> = {
  aws: "aws.amazon.com",
  "aws-cn": "amazonaws.cn",
  "aws-us-gov": "amazonaws-us-gov.com",
  "aws-eusc": "amazonaws-eusc.eu",
  "aws-iso": "c2shome.ic.gov",
  "aws-iso-b": "sc2shome.sgov.gov",
  "aws-iso-e": "csphome.adc-e.uk",
  "aws-iso-f": "csphome.hci.ic.gov",
};

const pages: Readonly<Record<string, string>> = { execution: "v2/executions/details", stateMachine: "statemachines/view" };

/** The page of an execution or a state machine in AWS's console; null for a partition whose console is not known. */
export function consoleLink(arn: string): string | null {
  const [, partition = "", service, region = "", , kind = ""] = arn.split(":");
  const [domain, page] = [ownText(domains, partition), ownText(pages, kind)];
  if (domain === null || page === null || service !== "states" || !/^[a-z0-9-]+$/.test(region)) return null;
  return `https://${region}.console.${domain}/states/home?region=${region}#/${page}/${encodeURIComponent(arn)}`;
}

function ownText(table: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
