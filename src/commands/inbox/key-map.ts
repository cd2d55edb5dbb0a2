/** What a key asks for. */
export type Action =
  | "answer"
  | "succeed"
  | "fail"
  | "heartbeat"
  | "stop"
  | "open"
  | "copy"
  | "mark"
  | "markAll"
  | "filter"
  | "sort"
  | "details"
  | "refresh"
  | "help"
  | "quit"
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "first"
  | "last"
  | "back";

export interface Binding {
  readonly action: Action;
  /** Names of keys, as `Key` has them. */
  readonly keys: readonly string[];
  /** As they are shown to the person. */
  readonly shown: string;
  /** Empty where another key's line tells it too. */
  readonly does: string;
  /** In one word, at the bottom of the screen; absent where only the help names it. */
  readonly short?: string;
  /** It changes something, so it is refused where the inbox may only read. */
  readonly changes?: true;
}

/** Every key of the inbox, in the order of the help. */
export const bindings: readonly Binding[] = [
  { action: "answer", keys: ["enter"], shown: "enter", does: "answer, in the machine's own words", short: "answer", changes: true },
  { action: "succeed", keys: ["s"], shown: "s", does: "answer with an output of your own", short: "succeed", changes: true },
  { action: "fail", keys: ["f"], shown: "f", does: "answer with an error and a cause", short: "fail", changes: true },
  { action: "mark", keys: ["space"], shown: "space", does: "mark; marked tasks are answered together", short: "mark" },
  { action: "filter", keys: ["/"], shown: "/", does: "show only what has these words in it", short: "filter" },
  { action: "details", keys: ["v", "right"], shown: "v", does: "read the whole task", short: "view" },
  { action: "help", keys: ["?"], shown: "?", does: "show all keys", short: "keys" },
  { action: "quit", keys: ["q"], shown: "q", does: "quit", short: "quit" },
  { action: "heartbeat", keys: ["b"], shown: "b", does: "send a heartbeat", changes: true },
  { action: "stop", keys: ["x"], shown: "x", does: "stop the execution", changes: true },
  { action: "open", keys: ["o"], shown: "o", does: "open the execution in the AWS console" },
  { action: "copy", keys: ["c", "y"], shown: "c", does: "copy the task's id" },
  { action: "markAll", keys: ["a"], shown: "a", does: "mark all that are shown, or none" },
  { action: "sort", keys: ["t"], shown: "t", does: "sort: waiting longest, next deadline, machine" },
  { action: "refresh", keys: ["r", "ctrl-l"], shown: "r", does: "look again now" },
  { action: "up", keys: ["up", "k", "ctrl-p"], shown: "↑↓ j k", does: "up and down" },
  { action: "down", keys: ["down", "j", "ctrl-n"], shown: "↓", does: "" },
  { action: "pageUp", keys: ["page-up", "ctrl-b"], shown: "page up", does: "a page up; page down: a page down" },
  { action: "pageDown", keys: ["page-down", "ctrl-f"], shown: "page down", does: "" },
  { action: "first", keys: ["home", "g"], shown: "home end", does: "to the first, to the last; g, G" },
  { action: "last", keys: ["end", "G"], shown: "end", does: "" },
  { action: "back", keys: ["escape", "left"], shown: "esc", does: "back; takes the filter, then the marks away" },
];

const byKey = new Map(bindings.flatMap((binding) => binding.keys.map((key) => [key, binding] as const)));

export function bindingOf(key: string): Binding | null {
  return byKey.get(key) ?? null;
}
