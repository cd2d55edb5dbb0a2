import type { Consequence } from "../../callback/definition/consequence.ts";

/**
 * What the machine will do, in words: `next: Deploy`, `Retry on States.ALL, 3 attempts left: it runs again`, `Catch → Refund`, `the execution
 * fails`. `ofMany`: of tasks whose histories were not looked at for the attempts used up.
 */
export function consequenceText(consequence: Consequence, state: string, ofMany = false): string {
  const ofContainer = "of" in consequence && consequence.of !== state ? ` of ${consequence.of}` : "";
  switch (consequence.kind) {
    case "next":
      return `next: ${consequence.state}${onceDone(consequence.through)}`;
    case "succeeds":
      return `the ${execution(consequence.childOf)} succeeds${onceDone(consequence.through)}`;
    case "retry": {
      const attempts = `${ofMany ? "at most " : ""}${consequence.attemptsLeft} attempt${consequence.attemptsLeft === 1 ? "" : "s"} left`;
      return `Retry${ofContainer} on ${consequence.errorEquals.join(", ")}, ${attempts}: ${ofContainer === "" ? "it" : "all of it"} runs again`;
    }
    case "catch":
      return `Catch${ofContainer} → ${consequence.state}`;
    case "fails":
      return `the ${execution(consequence.childOf)} fails${consequence.through.length === 0 ? "" : `, through ${consequence.through.join(" and ")}`}`;
  }
}

function execution(childOf: string | null): string {
  return childOf === null ? "execution" : `child execution of the Map ${childOf}`;
}

function onceDone(through: readonly string[]): string {
  return through.length === 0 ? "" : `, once all of ${through.at(-1)} is done`;
}
