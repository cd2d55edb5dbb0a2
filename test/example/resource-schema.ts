import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import type { PropertyType, TypeDefinition } from "@aws-cdk/service-spec-types";

/** A resource of a template, as far as its schema goes. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

type Properties = TypeDefinition["properties"];

const database = loadAwsServiceSpecSync();

/** What AWS's own schema finds wrong in the resources of a template: unknown types and properties, missing ones, values of another type. */
export function schemaFindings(resources: Readonly<Record<string, TemplateResource>>): string[] {
  return Object.entries(resources).flatMap(([logicalId, { Type, Properties = {} }]) => {
    const [resource] = database.lookup("resource", "cloudFormationType", "equals", Type);
    if (resource === undefined) return [`${logicalId}: there is no ${Type}`];
    return objectFindings(logicalId, Properties, resource.properties);
  });
}

function objectFindings(at: string, value: Readonly<Record<string, unknown>>, properties: Properties): string[] {
  const missing = Object.keys(properties).filter((name) => properties[name]?.required === true && value[name] === undefined);
  const unknown = Object.keys(value).filter((name) => properties[name] === undefined);
  return [
    ...missing.map((name) => `${at}.${name} is missing`),
    ...unknown.map((name) => `${at}.${name} is unknown`),
    ...Object.entries(value).flatMap(([name, inner]) => {
      const property = properties[name];
      return property === undefined ? [] : valueFindings(`${at}.${name}`, inner, property.type);
    }),
  ];
}

function valueFindings(at: string, value: unknown, type: PropertyType): string[] {
  // What a function of the template gives is known when it is deployed.
  if (isFunction(value)) return [];
  switch (type.type) {
    case "array":
      return Array.isArray(value)
        ? value.flatMap((each, index) => valueFindings(`${at}[${index}]`, each, type.element))
        : [`${at} is no list`];
    case "map":
      return isObject(value)
        ? Object.entries(value).flatMap(([key, each]) => valueFindings(`${at}.${key}`, each, type.element))
        : [`${at} is no map`];
    case "ref":
      return isObject(value)
        ? objectFindings(at, value, database.get("typeDefinition", type.reference.$ref).properties)
        : [`${at} is no object`];
    case "tag":
      return isObject(value) && typeof value["Key"] === "string" && typeof value["Value"] === "string" ? [] : [`${at} is no tag`];
    case "union": {
      const tried = type.types.map((each) => valueFindings(at, value, each));
      return tried.find((findings) => findings.length === 0) ?? tried[0] ?? [];
    }
    case "json":
      return isObject(value) || typeof value === "string" ? [] : [`${at} is no JSON`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`${at} is no boolean`];
    case "integer":
    case "number":
      return typeof value === "number" ? [] : [`${at} is no number`];
    case "string":
      return typeof value === "string" ? [] : [`${at} is no string`];
    default:
      return [];
  }
}

function isFunction(value: unknown): boolean {
  return isObject(value) && Object.keys(value).every((key) => key === "Ref" || key.startsWith("Fn::"));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
