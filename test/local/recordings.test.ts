import { existsSync, readFileSync } from "node:fs";
import { GetExecutionHistoryCommand, SendTaskFailureCommand, SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import { describe, expect, it } from "vitest";
import { checkDefinition } from "../../src/local/asl/definition-check.ts";
import { Bench } from "./peer.ts";

const file = new URL("../../../shared/recordings/executions.jsonl", import.meta.url);
const isPresent = existsSync(file);
const title = `executions recorded on AWS${isPresent ? "" : " (skipped: ../shared/recordings is absent)"}`;

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Members = { readonly [key: string]: Json };
interface RecordedEvent {
  readonly id: Json;
  readonly type: string;
  readonly previousEventId: number;
  readonly [details: string]: Json;
}
interface Recording {
  readonly name: string;
  readonly definition: Json;
  readonly input: Json;
  readonly history?: readonly RecordedEvent[];
  readonly output?: Json;
}

/** Recordings whose play differs for a reason that is not the interpreter's. */
const known: Readonly<Record<string, string>> = {};

describe.skipIf(!isPresent)(title, () => {
  it("run here as they ran there", async () => {
    const recordings = readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Recording);
    const playable = recordings.filter(({ definition }) => "definition" in checkDefinition(JSON.stringify(definition)));
    await using bench = await Bench.open();
    const differing: Record<string, string> = {};
    for (const recording of playable) {
      const difference = await play(bench, recording);
      if (difference !== null) differing[recording.name] = difference;
    }
    const matched = playable.length - Object.keys(differing).length;
    process.stdout.write(`recordings: ${recordings.length}, accepted and run: ${playable.length}, matched: ${matched}\n`);
    expect(playable.length).toBeGreaterThan(0);
    expect(Object.entries(differing).filter(([name]) => !(name in known))).toEqual([]);
  }, 120_000);
});

/** Where the recording and its play differ, or null. */
async function play(bench: Bench, recording: Recording): Promise<string | null> {
  const definition = recording.definition as Members;
  const arn = await bench.start(definition, recording.input);
  const { history = [] } = recording;
  for (const event of history) await follow(bench, arn, event);
  for (let turns = 0; turns < 20 && (await bench.describe(arn)).status === "RUNNING"; turns += 1) bench.now += 60_000;
  if (recording.output !== undefined) {
    return difference(recording.output, parsed((await bench.describe(arn)).output ?? null), "output");
  }
  const played = await bench.client.send(new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000 }));
  return compareHistories(history, (played.events ?? []) as unknown as RecordedEvent[]);
}

/** Makes happen what the recording tells of the outside: answers, and time passing. */
async function follow(bench: Bench, arn: string, event: RecordedEvent): Promise<void> {
  const details = (event[detailsKey(event.type)] ?? {}) as Members;
  switch (event.type) {
    case "TaskSucceeded":
      await bench.client.send(new SendTaskSuccessCommand({ taskToken: await bench.token(arn), output: text(details["output"]) }));
      break;
    case "TaskFailed": {
      const [error, cause] = [details["error"], details["cause"]].map((value) => (value === undefined ? undefined : text(value, true)));
      await bench.client.send(new SendTaskFailureCommand({ taskToken: await bench.token(arn), error, cause }));
      break;
    }
    case "TaskTimedOut": {
      for (let seconds = 0; seconds < 3600 && (await bench.history(arn)).every(({ id }) => id !== event.id); seconds += 5)
        bench.now += 5000;
      break;
    }
    default:
  }
}

function detailsKey(type: string): string {
  const kind = type.endsWith("StateEntered") ? "StateEntered" : type.endsWith("StateExited") ? "StateExited" : type;
  return `${kind.charAt(0).toLowerCase()}${kind.slice(1)}EventDetails`;
}

/** As it was on the wire: the recorder parsed most texts of JSON, but left some as they were. */
function text(value: Json | undefined, isPlain = false): string {
  const isAsSent = typeof value === "string" && (isPlain || parsed(value) !== value);
  return isAsSent ? value : JSON.stringify(value ?? null);
}

/** Ids that are no numbers stand for an order that was not kept: then only the types count. */
function compareHistories(recorded: readonly RecordedEvent[], played: readonly RecordedEvent[]): string | null {
  const types = (events: readonly RecordedEvent[]) => events.map(({ type }) => type);
  if (recorded.some(({ id }) => typeof id !== "number")) {
    return difference(types(recorded).sort(), types(played).sort(), "types");
  }
  const ofTypes = difference(types(recorded), types(played), "types");
  if (ofTypes !== null) return `${ofTypes}\n   ${types(recorded)}\n   ${types(played)} ${JSON.stringify(played.at(-1))}`;
  for (const [index, event] of recorded.entries()) {
    const { timestamp: _, ...rest } = event;
    const other = played[index] ?? ({} as RecordedEvent);
    const found =
      difference(Object.keys(event).sort(), Object.keys(withDetails(other, event)).sort(), `event ${index + 1} keys`) ??
      Object.entries(rest)
        .map(([key, value]) => difference(value, other[key], `event ${index + 1} ${event.type} ${key}`))
        .find((different) => different !== null);
    if (found !== undefined && found !== null) return found;
  }
  return null;
}

/** An empty details object that AWS leaves out is as good as absent. */
function withDetails(event: RecordedEvent, recorded: RecordedEvent): Members {
  const key = detailsKey(event.type);
  const { [key]: details, ...rest } = event;
  return details === undefined || (!(key in recorded) && Object.keys(details as Members).length === 0) ? rest : event;
}

/** The first place where the recorded value and the played one differ; placeholders match anything, texts are compared parsed. */
function difference(recorded: Json | undefined, played: Json | undefined, at: string): string | null {
  if (isHole(recorded, at)) return null;
  const [left, right] = [parsed(recorded ?? null), parsed(played ?? null)];
  if (typeof left === "object" && left !== null && typeof right === "object" && right !== null) {
    if (Array.isArray(left) !== Array.isArray(right)) return tell(at, left, right);
    const [theirs, ours] = [left as Members, right as Members];
    // Only the shape of a service's reply is ours to keep, not its headers.
    const keys = at.includes("taskSubmittedEventDetails.output")
      ? Object.keys(ours)
      : [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
    for (const key of keys) {
      if (key in theirs !== key in ours) return tell(`${at}.${key}`, theirs[key], ours[key]);
      const found = difference(theirs[key], ours[key], `${at}.${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  return JSON.stringify(left) === JSON.stringify(right) ? null : tell(at, left, right);
}

function isHole(recorded: Json | undefined, at: string): boolean {
  if (/(roleArn|region|MessageId|timestamp)$/.test(at)) return true;
  return typeof recorded === "string" && /<[a-z\d_-]+(:\d+)?>|snf_role_arn|111111111111|^(timestamp|date)$/.test(recorded);
}

function parsed(value: Json): Json {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}

function tell(at: string, recorded: Json | undefined, played: Json | undefined): string {
  return `${at}: recorded ${JSON.stringify(recorded)}, played ${JSON.stringify(played)}`;
}
