/** A realm of AWS with Regions, accounts and a console of its own. */
export interface Partition {
  /** As ARNs name it. */
  readonly name: string;
  /** The domains of its endpoints, `<service>.<Region>.<domain>`: by IPv4, and by IPv6 as well. */
  readonly domain: string;
  readonly dualStackDomain: string;
  /** The domain of its console. */
  readonly console: string;
}

const usual = partition("aws", "amazonaws.com", "api.aws", "aws.amazon.com");

/** By the beginning of their Regions' names, as the SDK's endpoint rules have them; what begins otherwise is in the usual one. */
const byRegion: readonly (readonly [string, Partition])[] = [
  ["cn-", partition("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.cn")],
  ["us-gov-", partition("aws-us-gov", "amazonaws.com", "api.aws", "amazonaws-us-gov.com")],
  ["eusc-", partition("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "amazonaws-eusc.eu")],
  ["us-isob-", partition("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "sc2shome.sgov.gov")],
  ["eu-isoe-", partition("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "csphome.adc-e.uk")],
  ["us-isof-", partition("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "csphome.hci.ic.gov")],
  ["us-iso-", partition("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "c2shome.ic.gov")],
];

export const partitions: readonly Partition[] = [usual, ...byRegion.map(([, partition]) => partition)];

/** The partition that a Region is in. */
export function partitionOf(region: string): Partition {
  return byRegion.find(([beginning]) => region.startsWith(beginning))?.[1] ?? usual;
}

function partition(name: string, domain: string, dualStackDomain: string, console: string): Partition {
  return { name, domain, dualStackDomain, console };
}
