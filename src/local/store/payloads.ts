import type { ExecutionState } from "../asl/execution-state.ts";
import type { Json } from "../asl/json.ts";
import { Payload } from "../asl/payload.ts";
import { copyState, visitPayloads } from "../asl/state-payloads.ts";
import type { Database } from "./database.ts";

/** Texts that are longer are kept beside the state: a Parallel's hundred branches would else write a hundred inputs at each step of one of them. */
const longestWithin = 1000;

/** What executions hold that is too long to be written with each of their states: once each, from the step that has it first to the last. */
export class Payloads {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** A state from its JSON text; what is kept beside it is read when it is needed. */
  read(executionId: number, text: string): ExecutionState {
    return copyState(JSON.parse(text) as ExecutionState, (written) => {
      const stored = written as unknown as ReturnType<Payload["toJSON"]>;
      return typeof stored === "number" ? Payload.ofText(() => this.#text(executionId, stored), stored) : Payload.of(stored[0] as Json);
    });
  }

  /** The JSON text of an execution's new state, once what is long in it is kept, and what only the state before held is not any more. */
  written(executionId: number, before: ExecutionState, state: ExecutionState): string {
    const left = new Set<number>();
    let last = 0;
    visitPayloads(before, ({ keptAs }) => {
      if (keptAs === null) return;
      left.add(keptAs);
      last = Math.max(last, keptAs);
    });
    visitPayloads(state, (payload) => {
      if (payload.keptAs !== null) left.delete(payload.keptAs);
      else if (payload.text.length > longestWithin) {
        last += 1;
        payload.keptAs = last;
        this.#database.run("INSERT INTO payloads (execution_id, id, json) VALUES (?, ?, ?)", executionId, last, payload.text);
      }
    });
    for (const id of left) this.#database.run("DELETE FROM payloads WHERE execution_id = ? AND id = ?", executionId, id);
    return JSON.stringify(state);
  }

  #text(executionId: number, id: number): string {
    const row = this.#database.get("SELECT json FROM payloads WHERE execution_id = ? AND id = ?", executionId, id);
    if (row === undefined) throw new Error("a payload of an execution is gone");
    return String(row["json"]);
  }
}
