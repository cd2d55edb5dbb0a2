import { describe, expect, it } from "vitest";
import { consoleLink } from "../../src/callback/console-links.ts";

const execution = (partition: string, region: string) => `arn:${partition}:states:${region}:123456789012:execution:approval:order-17`;

describe("the console's page", () => {
  const hosts: [string, string, string][] = [
    ["aws", "eu-west-1", "eu-west-1.console.aws.amazon.com"],
    ["aws-cn", "cn-north-1", "cn-north-1.console.amazonaws.cn"],
    ["aws-us-gov", "us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"],
    ["aws-eusc", "eusc-de-east-1", "eusc-de-east-1.console.amazonaws-eusc.eu"],
    ["aws-iso", "us-iso-east-1", "us-iso-east-1.console.c2shome.ic.gov"],
    ["aws-iso-b", "us-isob-east-1", "us-isob-east-1.console.sc2shome.sgov.gov"],
    ["aws-iso-e", "eu-isoe-west-1", "eu-isoe-west-1.console.csphome.adc-e.uk"],
    ["aws-iso-f", "us-isof-south-1", "us-isof-south-1.console.csphome.hci.ic.gov"],
  ];
  it.each(hosts)("of an execution in %s %s is on %s", (partition, region, host) => {
    const arn = execution(partition, region);
    const link = new URL(consoleLink(arn) ?? "");
    expect(link.host).toBe(host);
    expect(link.searchParams.get("region")).toBe(region);
    expect(decodeURIComponent(link.hash)).toBe(`#/v2/executions/details/${arn}`);
  });

  it("of a state machine is its own", () => {
    const arn = "arn:aws:states:us-east-1:123456789012:stateMachine:approval";
    expect(consoleLink(arn)).toBe(
      `https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/statemachines/view/${encodeURIComponent(arn)}`,
    );
  });

  it("is none for an unknown partition, another service, another thing, and no ARN", () => {
    for (const arn of [
      execution("aws-new", "x-1"),
      execution("constructor", "x-1"),
      "arn:aws:sqs:us-east-1:1:queue",
      "arn:aws:states:us-east-1:1:activity:a",
      execution("aws", "evil.example/"),
      "order-17",
    ]) {
      expect(consoleLink(arn)).toBeNull();
    }
  });
});
