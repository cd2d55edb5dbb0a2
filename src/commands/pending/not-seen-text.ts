import type { Terminal } from "../../context.ts";
import type { NotSeen } from "../../sweep/sweep.ts";

const mostReasons = 10;

/** Tells what could not be looked at, in one line what has the same reason: a key that is barred bars every execution of its machine. */
export function warnOfNotSeen(terminal: Pick<Terminal, "warn">, notSeen: readonly NotSeen[]): void {
  for (const line of notSeenLines(notSeen)) terminal.warn(line);
}

export function notSeenLines(notSeen: readonly NotSeen[]): readonly string[] {
  const alike = new Map<string, { readonly first: NotSeen; count: number }>();
  for (const gap of notSeen) {
    const key = JSON.stringify([gap.operation, gap.reason]);
    const told = alike.get(key) ?? { first: gap, count: 0 };
    told.count += 1;
    alike.set(key, told);
  }
  const lines = [...alike.values()].slice(0, mostReasons).map(({ first, count }) => {
    const others = count === 1 ? "" : ` and ${count - 1} more`;
    return `not seen: ${first.operation} ${first.arn}${others}: ${first.reason}`;
  });
  const more = alike.size - mostReasons;
  return more <= 0 ? lines : [...lines, `not seen, for ${more} other reasons: --json gives all of them`];
}
