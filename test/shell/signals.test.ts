import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { listenForSignals } from "../../src/shell/signals.ts";

function listening() {
  const exits: number[] = [];
  const source = Object.assign(new EventEmitter(), { pid: 1, kill() {}, exit: (code: number) => exits.push(code) });
  const signals = listenForSignals(
    source,
    async () => {},
    async () => false,
  );
  return { source, signals, exits };
}

it("a command that takes the signals is told of each, and of nothing else", () => {
  const { source, signals, exits } = listening();
  const told: string[] = [];
  signals.take((signal) => told.push(signal));
  for (const signal of ["SIGINT", "SIGINT", "SIGTERM", "SIGHUP"]) source.emit(signal);
  expect({ told, exits, aborted: signals.signal.aborted }).toEqual({
    told: ["SIGINT", "SIGINT", "SIGTERM", "SIGHUP"],
    exits: [],
    aborted: false,
  });
});

it("there is no moment without a listener while they are taken: a signal in it would be lost", () => {
  const { source, signals } = listening();
  let removed = 0;
  source.on("removeListener", () => {
    removed += 1;
  });
  signals.take(() => {});
  expect(removed).toBe(0);
});

it("one that has come before is not forgotten: they cannot be taken any more", () => {
  const { source, signals } = listening();
  source.emit("SIGTERM");
  expect(() => signals.take(() => {})).toThrow("ended by SIGTERM");
});
