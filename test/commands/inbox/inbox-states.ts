import { type InboxState, initialState, press, reduce } from "../../../src/commands/inbox/state.ts";
import { view } from "../../../src/commands/inbox/view.ts";
import type { Key, ScreenSize } from "../../../src/context/screen.ts";
import type { SweptTask } from "../../../src/sweep/swept-task.ts";
import { createLayout } from "../../../src/terminal/layout.ts";
import { plainText } from "../../../src/terminal/styles.ts";

export const now = new Date("2026-03-01T12:00:00Z");
export const layout = createLayout((text) => text);

/** A waiting task of `approval`, which has waited for so many minutes. */
export function waiting(
  name: string,
  minutes: number,
  more: { machine?: string; state?: string; timeoutMinutes?: number } = {},
): SweptTask {
  const { machine = "approval", state = "Ask for approval", timeoutMinutes } = more;
  const executionArn = `arn:aws:states:us-east-1:123456789012:execution:${machine}:${name}`;
  const waitingSince = new Date(now.getTime() - minutes * 60_000);
  return {
    id: `id-${name}`.slice(0, 10),
    executionArn,
    executionName: name,
    stateMachineArn: `arn:aws:states:us-east-1:123456789012:stateMachine:${machine}`,
    stateMachineName: machine,
    ancestorExecutionArns: [],
    ancestorsComplete: false,
    waitingSince,
    task: {
      kind: "callback",
      eventId: 3,
      state,
      path: [],
      attempt: 1,
      integration: "sqs:sendMessage",
      input: null,
      waitingSince,
      timeoutSeconds: null,
      heartbeatSeconds: null,
      timeoutAt: timeoutMinutes === undefined ? null : new Date(now.getTime() + timeoutMinutes * 60_000),
      handedTo: null,
      hasToken: true,
    },
  };
}

export function addressOfNamed(name: string, machine = "approval"): string {
  return `arn:aws:states:us-east-1:123456789012:execution:${machine}:${name}#3`;
}

export function stateWith(tasks: readonly SweptTask[], size: ScreenSize = { columns: 80, rows: 24 }, isReadOnly = false): InboxState {
  const where = { account: "123456789012", region: "us-east-1", how: "profile prod", through: "" };
  const found = reduce(initialState(where, isReadOnly, size, now), { kind: "found", tasks });
  return reduce(found, { kind: "looking", looking: { isRunning: false, isFirst: false } });
}

/** The state after these keys: characters, or the names of others. */
export function pressing(state: InboxState, ...names: readonly string[]): InboxState {
  return names.reduce((each, name) => press(each, keyNamed(name)).state, state);
}

export function keyNamed(name: string): Key {
  return { name, text: name === "space" ? " " : [...name].length === 1 ? name : "" };
}

export function screenOf(state: InboxState): string[] {
  return view(state, layout).lines.map(plainText);
}
