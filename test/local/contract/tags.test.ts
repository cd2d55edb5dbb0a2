import { expect, it } from "vitest";
import { arnOf, describeContract, machineArn, refused, unique } from "./endpoint.ts";

const tag = (key: string, value = "value") => ({ key, value });
const many = (count: number) => Array.from({ length: count }, (_, index) => tag(`key-${index}`));

describeContract("tags", (at) => {
  const activity = async (tags = many(0)) => (await at.sfn.createActivity({ name: unique(), tags })).activityArn ?? "";
  const list = async (resourceArn: string) => (await at.sfn.listTagsForResource({ resourceArn })).tags;

  it("tags a machine at its creation and later, and takes tags off it", async () => {
    const { stateMachineArn: resourceArn } = await at.machine({ tags: [tag("a"), tag("b", "")] });
    expect(await list(resourceArn)).toEqual([tag("a"), tag("b", "")]);
    await at.sfn.tagResource({ resourceArn, tags: [tag("b", "new"), tag("c")] });
    expect(await list(resourceArn)).toEqual([tag("a"), tag("b", "new"), tag("c")]);
    await at.sfn.untagResource({ resourceArn, tagKeys: ["a", "c", "never there"] });
    expect(await list(resourceArn)).toEqual([tag("b", "new")]);
    await at.sfn.tagResource({ resourceArn, tags: [] });
    expect(await list(resourceArn)).toEqual([tag("b", "new")]);
  });

  it("tags an activity, and forgets the tags with it", async () => {
    const resourceArn = await activity([tag("a")]);
    await at.sfn.createActivity({ name: resourceArn.split(":")[6], tags: [tag("b")] });
    expect(await list(resourceArn)).toEqual([tag("a")]);
    await at.sfn.deleteActivity({ activityArn: resourceArn });
    await refused(list(resourceArn), "ResourceNotFound", `Resource not found: '${resourceArn}'`);
    await at.sfn.createActivity({ name: resourceArn.split(":")[6] });
    expect(await list(resourceArn)).toEqual([]);
  });

  it("takes fifty tags and no more, and none of those that would be too many", async () => {
    const { stateMachineArn: resourceArn } = await at.machine({ tags: many(50) });
    await refused(at.sfn.tagResource({ resourceArn, tags: [tag("one more")] }), "TooManyTags");
    expect(await list(resourceArn)).toHaveLength(50);
    await at.sfn.tagResource({ resourceArn, tags: [tag("key-0", "changed")] });
    expect(await list(resourceArn)).toContainEqual(tag("key-0", "changed"));
    await refused(at.machine({ tags: many(51) }), "TooManyTags");
    await refused(activity(many(51)), "TooManyTags");
  });

  it("tags nothing but machines and activities that are there", async () => {
    const { stateMachineVersionArn = "" } = await at.machine({ publish: true });
    for (const resourceArn of [machineArn("nowhere"), stateMachineVersionArn, arnOf("activity:nowhere")]) {
      const message = `Resource not found: '${resourceArn}'`;
      await refused(at.sfn.tagResource({ resourceArn, tags: [tag("a")] }), "ResourceNotFound", message);
      await refused(at.sfn.untagResource({ resourceArn, tagKeys: ["a"] }), "ResourceNotFound", message);
      await refused(list(resourceArn), "ResourceNotFound", message);
    }
    const message = "Invalid Arn: 'Resource type not valid in this context: execution'";
    await refused(list(arnOf("execution:machine:run")), "InvalidArn", message);
  });

  it("names the tag that breaks the model", async () => {
    const { stateMachineArn: resourceArn } = await at.machine();
    const at2 = "at 'tags.2.member.key' failed to satisfy constraint: Member must have length";
    const short = `1 validation error detected: Value '' ${at2} greater than or equal to 1`;
    await refused(at.sfn.tagResource({ resourceArn, tags: [tag("a"), tag("")] }), "ValidationException", short);
    const key = "k".repeat(129);
    const long = `1 validation error detected: Value '${key}' ${at2} less than or equal to 128`;
    await refused(at.sfn.tagResource({ resourceArn, tags: [tag("a"), tag(key)] }), "ValidationException", long);
  });
});
