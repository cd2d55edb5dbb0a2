import type { CollectionTag, ScalarTag } from "yaml";

/** The short forms of a template's functions, read as the functions they stand for. */
export const templateTags: (ScalarTag | CollectionTag)[] = [
  { tag: "!Ref", resolve: (text) => ({ Ref: text }) },
  { tag: "!Sub", resolve: (text) => ({ "Fn::Sub": text }) },
  { tag: "!GetAtt", resolve: (text) => ({ "Fn::GetAtt": text.split(".") }) },
];
