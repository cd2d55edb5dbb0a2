import { parseMachine, stateNamed } from "./defined-states.ts";

const shaping = ["ResultSelector", "ResultPath", "OutputPath", "Output", "Assign"];

/** Whether an output can make the execution fail right after the task: where the state makes something of it, or what follows at once reads it. */
export function canFailByAnswer(definition: string, stateName: string): boolean {
  const machine = parseMachine(definition);
  const state = stateNamed(machine, stateName);
  if (state === null) return false;
  const next = typeof state["Next"] === "string" ? stateNamed(machine, state["Next"]) : null;
  return shaping.some((field) => Object.hasOwn(state, field)) || next?.["Type"] === "Choice" || next?.["Type"] === "Pass";
}
