import { expect, it } from "vitest";
import { partitionOf } from "../../src/callback/partitions.ts";

it.each([
  ["eu-central-1", "aws", "sts.eu-central-1.amazonaws.com"],
  ["us-gov-west-1", "aws-us-gov", "sts.us-gov-west-1.amazonaws.com"],
  ["cn-north-1", "aws-cn", "sts.cn-north-1.amazonaws.com.cn"],
  ["eusc-de-east-1", "aws-eusc", "sts.eusc-de-east-1.amazonaws.eu"],
  ["us-iso-east-1", "aws-iso", "sts.us-iso-east-1.c2s.ic.gov"],
  ["us-isob-east-1", "aws-iso-b", "sts.us-isob-east-1.sc2s.sgov.gov"],
  ["eu-isoe-west-1", "aws-iso-e", "sts.eu-isoe-west-1.cloud.adc-e.uk"],
  ["us-isof-south-1", "aws-iso-f", "sts.us-isof-south-1.csp.hci.ic.gov"],
  ["xx-new-1", "aws", "sts.xx-new-1.amazonaws.com"],
])("%s is in the partition %s, and its STS at %s", (region, name, host) => {
  const partition = partitionOf(region);
  expect([partition.name, `sts.${region}.${partition.domain}`]).toEqual([name, host]);
});
