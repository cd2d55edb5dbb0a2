const known: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENOSPC: "the disk is full",
  EROFS: "the disk is read-only",
};

/** What the operating system refused, in plain words where there are some. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return known[String(codeOf(error))] ?? message.replace(/\.$/, "");
}

/** Node's code of a system error, such as EADDRINUSE. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
