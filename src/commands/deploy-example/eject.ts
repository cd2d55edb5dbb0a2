import { join } from "node:path";
import type { Context } from "../../context.ts";
import { usageError } from "../../errors.ts";
import { projectFiles } from "../../example/eject/project.ts";
import { dim } from "../../text.ts";
import { shellWord } from "../connection-flags.ts";
import type { EjectOptions } from "./options.ts";

/** Writes the example as a project into a folder; never over a file without --force, and then nothing at all. */
export async function eject({ terminal, files }: Context, options: EjectOptions): Promise<number> {
  const { folder, tool, force } = options;
  const project = Object.entries(await projectFiles(options)).sort(([one], [other]) => (one < other ? -1 : 1));
  const there = [];
  for (const [path] of project) if (!force && (await files.isThere(join(folder, path)))) there.push(join(folder, path));
  if (there.length > 0)
    throw usageError(
      `${there.join(", ")} ${there.length === 1 ? "is" : "are"} there already; nothing was written`,
      "name another folder, or add --force",
    );
  for (const [path, text] of project) await files.create(join(folder, path), text, { overwrite: force });
  const written = project.map(([path]) => join(folder, path));
  await terminal.result({ folder, tool, files: written }, () => written);
  if (terminal.format === "human")
    terminal.note(dim(`Next: ${shellWord(join(folder, "README.md"))} says how it is deployed, tried and taken away`));
  return 0;
}
