import { Engine } from "./engine.ts";
import { handOver } from "./hand-over.ts";
import { serve } from "./server.ts";
import { Store } from "./store.ts";

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
  const store = new Store(options.file, options.region ?? "us-east-1");
  const engine = new Engine(store, options.clock ?? (() => new Date()));
  const hand = handOver(engine, options.onTask);
  const server = await serve(engine, options.port, () => hand.look()).catch((error: unknown) => {
    store.close();
    throw error;
  });
  const timer = setInterval(() => {
    engine.applyDue();
    hand.look();
  }, lookMilliseconds);
  timer.unref();
  return {
    url: server.url,
    file: options.file,
    region: store.region,
    accountId: engine.accountId,
    now: () => new Date(engine.now()),
    async advance(milliseconds) {
      engine.advance(milliseconds);
      hand.look();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await server.close();
      await hand.idle();
      store.close();
    },
  };
}
