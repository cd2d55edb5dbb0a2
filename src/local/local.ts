import { Engine } from "./engine.ts";
import { handOver } from "./hand-over.ts";
import { createJsonataEvaluator } from "./jsonata/evaluator.ts";
import { type MockConfig, parseMockConfig } from "./mock-config.ts";
import { serve } from "./server.ts";
import { Store } from "./store/store.ts";

/** A callback task whose call was recorded as delivered. */
export interface HandedTask {
  readonly executionArn: string;
  readonly stateName: string;
  readonly resourceType: string;
  readonly resource: string;
  /** The resolved parameters as JSON text, the token in them. */
  readonly parameters: string;
  readonly taskToken: string;
}

export interface LocalOptions {
  /** The SQLite file; made where absent. Several processes may use one at once. */
  readonly file: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Fixed in the file when it is made; us-east-1 where absent. */
  readonly region?: string;
  /** The real clock, to which the file's own shift is added. */
  readonly clock?: () => Date;
  /** Results of service calls by test case, read or as the text of a file in the format of AWS's Step Functions Local: `<machine ARN>#<case>` starts an execution with one. */
  readonly mockConfig?: MockConfig | string;
  /** Leaves service calls that are not mocked waiting, to be answered like callback tasks. */
  readonly manual?: boolean;
  /** How long GetActivityTask waits for a task; 60,000 where absent, as on AWS. */
  readonly pollMilliseconds?: number;
  /** Told of each callback task once, by whichever process takes it first. */
  readonly onTask?: (task: HandedTask) => Promise<void>;
}

export interface Local extends AsyncDisposable {
  readonly url: string;
  readonly file: string;
  readonly region: string;
  readonly accountId: string;
  now(): Date;
  /** Moves the file's clock and applies every deadline that falls due, each at its own time. */
  advance(milliseconds: number): Promise<void>;
}

/** How often a serving process looks for what other processes have written. */
const lookMilliseconds = 200;

/** Serves the embedded Step Functions over one file on 127.0.0.1. Rejects where the file or the port cannot be used. */
export async function createLocal(options: LocalOptions): Promise<Local> {
  const { mockConfig = null } = options;
  const mocks = typeof mockConfig === "string" ? parseMockConfig(mockConfig) : mockConfig;
  const store = new Store(options.file, options.region ?? "us-east-1");
  const engine = new Engine(store, createJsonataEvaluator(), {
    clock: options.clock ?? (() => new Date()),
    mockConfig: mocks,
    isManual: options.manual ?? false,
    pollMilliseconds: options.pollMilliseconds ?? 60_000,
  });
  const hand = handOver(engine, options.onTask);
  const server = await serve(engine, options.port, () => hand.look()).catch((error: unknown) => {
    store.close();
    throw error;
  });
  engine.resume();
  const timer = setInterval(() => {
    engine.applyDue();
    engine.resume();
    hand.look();
  }, lookMilliseconds);
  timer.unref();
  return {
    url: server.url,
    file: options.file,
    region: store.database.region,
    accountId: engine.accountId,
    now: () => new Date(engine.now()),
    async advance(milliseconds) {
      await engine.advance(milliseconds);
      hand.look();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await server.close();
      await hand.idle();
      await engine.close();
      store.close();
    },
  };
}
