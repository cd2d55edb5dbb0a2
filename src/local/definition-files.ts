const fileName = /^(.+)\.asl\.(json|yaml|yml)$/;
/** `${key}`; what JSONata writes with `${` has a quote, a space or a brace next, and is left alone. */
const placeholder = /\$\{([\w.:-]+)\}/g;

/** A definition file that is no definition, told in one line with its place. The name of the file is not in it. */
export class DefinitionFileError extends Error {
  override readonly name = "DefinitionFileError";
}

/** The name of the machine that a file defines: that of the file without `.asl.json`, `.asl.yaml` or `.asl.yml`; null for any other file. */
export function machineNameOf(file: string): string | null {
  return fileName.exec(file)?.[1] ?? null;
}

/**
 * The definition in a file, as the text that CreateStateMachine takes: JSON as it stands, YAML 1.2 turned to JSON, each `${key}` replaced by its
 * value as CloudFormation's DefinitionSubstitutions are, in the text (documented). Throws DefinitionFileError for a key that has no value, and
 * for YAML that is not valid. JSON is not parsed: CreateStateMachine says better what is wrong with it.
 */
export async function definitionIn(file: string, text: string, substitutions: Readonly<Record<string, string>>): Promise<string> {
  const substituted = substitute(text.replace(/^\uFEFF/, ""), substitutions);
  return file.endsWith(".json") ? substituted : await jsonOfYaml(substituted);
}

function substitute(text: string, substitutions: Readonly<Record<string, string>>): string {
  const missing = new Set<string>();
  const substituted = text.replace(placeholder, (whole, key: string) => {
    const value = Object.hasOwn(substitutions, key) ? substitutions[key] : undefined;
    if (value === undefined) missing.add(whole);
    return value ?? whole;
  });
  if (missing.size > 0) throw new DefinitionFileError(`no value is given for ${[...missing].join(", ")}`);
  return substituted;
}

async function jsonOfYaml(text: string): Promise<string> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { merge: true, prettyErrors: true });
  // An unknown tag (CloudFormation's !Sub and its like) is only a warning there; a definition with one would mean something else.
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) throw notYaml(fault.message);
  try {
    return JSON.stringify(document.toJS(), null, 2) ?? "null";
  } catch (error) {
    // Aliases that multiply without bound, or that lead back to themselves.
    throw notYaml(error instanceof Error ? error.message : String(error));
  }
}

function notYaml(message: string): DefinitionFileError {
  return new DefinitionFileError(`it is not YAML: ${message.split(":\n")[0]?.split("\n")[0]}`);
}
