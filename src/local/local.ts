/// <reference lib="esnext.disposable" preserve="true" />
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "./engine.ts";
import { handOver } from "./hand-over.ts";
import { Import } from "./import.ts";
import { createJsonataEvaluator } from "./jsonata/evaluator.ts";
import { parseMockConfig } from "./mock-config.ts";
import { QuotaBuckets } from "./quotas.ts";
import { type Server, serve } from "./server.ts";
import { Store } from "./store/store.ts";
import { inBackground } from "./turns.ts";

/** How an embedded Step Functions is to be. Nothing has to be given. */
export interface LocalOptions {
  /** The SQLite file with everything in it; made where absent. Several processes may use one at once. A temporary one, removed at the end, where absent. */
  readonly file?: string;
  /** The port to listen on; 0, which picks a free one, where absent. */
  readonly port?: number;
  /** The address or name to listen on; 127.0.0.1 where absent. Whoever reaches another one may use this Step Functions. */
  readonly host?: string;
  /** Names, beside `host` and those of this machine, under which clients may call: requests with any other `Host` or `Origin` are refused. */
  readonly allowedHosts?: readonly string[];
  /** Fixed in the file when it is made; us-east-1 where absent. */
  readonly region?: string;
  /**
   * The time by which everything happens: deadlines, waits, retries, quotas. The machine's own clock where absent. What falls due when the clock
   * moves happens within 200 milliseconds, or before the next request is answered; where it is much, that request waits for some of it, and
   * `advance(0)` for all.
   */
  readonly clock?: () => Date;
  /**
   * Results of service calls by test case: the text of a `MockConfigFile.json` of AWS's Step Functions Local, or what is in it.
   * `<state machine ARN>#<test case>` starts an execution with one.
   */
  readonly mockConfig?: string | Readonly<Record<string, unknown>>;
  /** Leaves service calls that are not mocked waiting, to be answered like callback tasks, instead of failing them. */
  readonly manual?: boolean;
  /** How long GetActivityTask waits for a task; 60,000 where absent, as on AWS. */
  readonly pollMilliseconds?: number;
  /** State machines to make at the start from the definition files in a folder. */
  readonly import?: ImportOptions;
  /** Told what became of each definition file, at the start and, where it watches, whenever one was changed. */
  readonly onImport?: (imported: Imported) => void;
  /**
   * Keeps AWS's API quotas, of most Regions or of the big ones (us-east-1, us-west-2, eu-west-1): a call beyond them is answered with
   * ThrottlingException. Each operation has its bucket in this process, full at first, refilled by `clock`; `advance` refills nothing,
   * since it moves the file's time and not that in which calls are made.
   */
  readonly quotas?: "aws" | "aws:big";
  /** Holds every reply back so long, in real time, after what was asked for has been done. */
  readonly latencyMilliseconds?: number;
  /** How long a request may take to arrive whole before its connection is closed; 20,000 where absent. */
  readonly requestMilliseconds?: number;
  /** Told of each request when its reply is written. */
  readonly onRequest?: (request: ServedRequest) => void;
  /** Told of each callback task once, by whichever process takes it first. Where it rejects, the task goes on waiting. */
  readonly onTask?: (task: HandedTask) => Promise<void>;
}

/** A folder with definition files: `*.asl.json`, `*.asl.yaml` and `*.asl.yml`, each named after its state machine. */
export interface ImportOptions {
  readonly folder: string;
  /** What `${key}` in the files stands for, as DefinitionSubstitutions in a SAM or CloudFormation template. */
  readonly substitutions?: Readonly<Record<string, string>>;
  /**
   * Goes on to import what is changed or added. Running executions keep the definition they were started with; a file with a fault is told to
   * `onImport` and leaves its state machine as it is; so does a file that is removed.
   */
  readonly watch?: boolean;
}

/** What became of a definition file. */
export type Imported = ImportedMachine | ImportFault;

/** A definition file whose state machine is as the file says. */
export interface ImportedMachine {
  /** The file's name in the folder. */
  readonly file: string;
  readonly name: string;
  readonly arn: string;
  /** `kept` where the file is gone: its state machine stays as it is, since executions may run on it. */
  readonly change: "created" | "updated" | "unchanged" | "kept";
}

/** A definition file that defines nothing that can run. */
export interface ImportFault {
  /** The file's name in the folder. */
  readonly file: string;
  readonly message: string;
  /** What CreateStateMachine finds wrong in the definition; empty where the file holds none. */
  readonly diagnostics: readonly { readonly code: string; readonly message: string; readonly location: string | null }[];
}

/** A request that was answered. Nothing of its body is in it. */
export interface ServedRequest {
  /** Such as `StartExecution`; null where the request named none. */
  readonly operation: string | null;
  /** The HTTP status of the reply. */
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** From the arrival of its headers until its reply. */
  readonly milliseconds: number;
}

/** A callback task whose call was recorded as delivered. */
export interface HandedTask {
  readonly executionArn: string;
  readonly stateName: string;
  /** Such as `sqs`. */
  readonly resourceType: string;
  /** Such as `sendMessage.waitForTaskToken`. */
  readonly resource: string;
  /** The resolved parameters as JSON text, the token in them. */
  readonly parameters: string;
  /** Whoever has it may answer the task: a secret. */
  readonly taskToken: string;
}

/** An embedded Step Functions that serves. */
export interface Local extends AsyncDisposable {
  /** Where it is reached from this machine, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** What a client of the AWS SDK for JavaScript takes: `new SFNClient(local.clientConfig)`. The credentials are made up. */
  readonly clientConfig: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    /** TestState and StartSyncExecution would else be looked for at `sync-127.0.0.1`. */
    readonly disableHostPrefix: true;
  };
  readonly file: string;
  readonly region: string;
  readonly accountId: string;
  /** The state machines that were imported at the start. */
  readonly imported: readonly ImportedMachine[];
  /** The time in the file: that of `clock`, moved on by every `advance` so far. */
  now(): Date;
  /** Moves the file's time on and applies every deadline that falls due, each at its own time. */
  advance(milliseconds: number): Promise<void>;
  /** Ends it: what is being answered or handed over is waited for. The same as leaving an `await using`; may be called twice. */
  close(): Promise<void>;
}

/** How often a serving process looks for what other processes have written. */
const lookMilliseconds = 200;

/**
 * Starts an embedded Step Functions in this process, served over HTTP for any AWS SDK. Rejects where the file, the port, the host, the mock
 * configuration or the folder to import cannot be used.
 */
export async function createLocal(options: LocalOptions = {}): Promise<Local> {
  // What was opened is closed again, the last first, also where something later cannot be had.
  const closers: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= closeAll(closers);
    return closing;
  };
  try {
    return await open(options, closers, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeAll(closers: (() => unknown)[]): Promise<void> {
  for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
}

async function open(options: LocalOptions, closers: (() => unknown)[], close: () => Promise<void>): Promise<Local> {
  const { clock = () => new Date() } = options;
  const services = readServices(options);
  const file = options.file ?? (await temporaryFile(closers));
  const store = new Store(file, options.region ?? "us-east-1");
  closers.push(() => store.close());
  if (services !== null) store.transaction(() => store.database.setServices(services));
  const pollMilliseconds = options.pollMilliseconds ?? 60_000;
  const engine = new Engine(store, createJsonataEvaluator(), { clock, pollMilliseconds });
  closers.push(() => engine.close());
  const imported = await importInto(engine, options, closers);
  const hand = handOver(engine, options.onTask);
  closers.push(() => hand.idle());
  const server = await serveOver(engine, options, () => hand.look());
  closers.push(() => server.close());
  engine.resume();
  const look = () => {
    engine.resume();
    hand.look();
  };
  const timer = setInterval(() => inBackground(look), lookMilliseconds);
  timer.unref();
  closers.push(() => clearInterval(timer));
  const { region } = store.database;
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return {
    ...{ url: server.url, file, region, accountId: engine.accountId, imported },
    clientConfig: { endpoint: server.url, region, credentials, disableHostPrefix: true },
    now: () => new Date(engine.now()),
    async advance(milliseconds) {
      await engine.advance(milliseconds);
      hand.look();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Null where nothing is said of services: then the file's own settings stay. Throws MockConfigError for a faulty configuration. */
function readServices({ mockConfig, manual }: LocalOptions): { readonly mockConfig: string | null; readonly isManual: boolean } | null {
  if (mockConfig === undefined && manual === undefined) return null;
  const text = mockConfig === undefined ? null : typeof mockConfig === "string" ? mockConfig : JSON.stringify(mockConfig);
  if (text !== null) parseMockConfig(text);
  return { mockConfig: text, isManual: manual ?? false };
}

async function temporaryFile(closers: (() => unknown)[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sfn-callback-local-"));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "local.db");
}

async function importInto(engine: Engine, options: LocalOptions, closers: (() => unknown)[]): Promise<readonly ImportedMachine[]> {
  if (options.import === undefined) return [];
  const importing = new Import(engine, options.import, (imported) => options.onImport?.(imported));
  closers.push(() => importing[Symbol.asyncDispose]());
  // Nothing else keeps the process while a long definition is checked in a thread, since nothing is listened on yet.
  const stay = setInterval(() => {}, 60_000);
  try {
    return await importing.start();
  } finally {
    clearInterval(stay);
  }
}

function serveOver(engine: Engine, options: LocalOptions, afterRequest: () => void): Promise<Server> {
  const { clock = () => new Date(), quotas } = options;
  return serve(engine, {
    port: options.port ?? 0,
    host: options.host ?? "127.0.0.1",
    allowedHosts: options.allowedHosts ?? [],
    requestMilliseconds: options.requestMilliseconds ?? 20_000,
    latencyMilliseconds: options.latencyMilliseconds ?? 0,
    quotas: quotas === undefined ? null : new QuotaBuckets(quotas, () => clock().getTime()),
    onRequest: (request) => options.onRequest?.(request),
    afterRequest,
  });
}
