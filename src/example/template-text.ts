/** Functions of a template that have a short form in YAML: `!Sub text`. */
const shortForms: Readonly<Record<string, string>> = { Ref: "!Ref", "Fn::Sub": "!Sub", "Fn::GetAtt": "!GetAtt" };

/**
 * A template, or another file of its kind, as YAML as a person would write it: functions in their short form, texts of several lines as
 * blocks, an empty line between sections and between what is in those named.
 */
export async function yamlText(value: unknown, spacedSections: readonly string[] = ["Resources"]): Promise<string> {
  const { Document, Scalar, isMap, isScalar, visit } = await import("yaml");
  // 1.1 is what CloudFormation reads: there a bare 2012-10-17 is a date, and so it is quoted.
  const document = new Document(value, { aliasDuplicateObjects: false, version: "1.1" });
  visit(document, {
    Map(_key, { items }) {
      const [pair] = items;
      const tag = items.length === 1 && isScalar(pair?.key) ? shortForms[String(pair.key.value)] : undefined;
      if (tag === undefined) return undefined;
      const argument = document.createNode(pair?.value).toJSON() as unknown;
      const scalar = new Scalar(Array.isArray(argument) ? argument.join(".") : argument);
      scalar.tag = tag;
      return scalar;
    },
  });
  const sections = isMap(document.contents) ? document.contents.items : [];
  for (const { key, value: section } of sections) {
    if (!isScalar(key)) continue;
    key.spaceBefore = key !== sections[0]?.key;
    if (!spacedSections.includes(String(key.value)) || !isMap(section)) continue;
    for (const { key: inner } of section.items.slice(1)) if (isScalar(inner)) inner.spaceBefore = true;
  }
  return document.toString({ lineWidth: 0 });
}
