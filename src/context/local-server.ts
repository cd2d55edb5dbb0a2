/** How the embedded Step Functions is to serve over a file. */
export interface LocalOptions {
  /** The SQLite file; made where absent. */
  readonly file: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Fixed in the file when it is made. */
  readonly region?: string;
  /** The text of a mock configuration: results of service calls by test case. A fault in it is a usage error. */
  readonly mockConfig?: string;
  /** Leaves service calls that are not mocked waiting, to be answered like callback tasks. */
  readonly manual?: boolean;
  /** What to listen on; 127.0.0.1 where absent. */
  readonly host?: string;
  /** Further names that clients may call it by. */
  readonly allowedHosts?: readonly string[];
  /** Definition files whose state machines are made at the start; a folder or, without `watch`, a file that cannot be used is a usage error. */
  readonly import?: LocalImport;
  /** Told what became of each definition file, at the start and whenever one was changed. */
  readonly onImport?: (imported: Imported) => void;
  /** Keeps AWS's API quotas, of most Regions or of the big ones. */
  readonly quotas?: "aws" | "aws:big";
  /** Holds every reply back so long. */
  readonly latencyMilliseconds?: number;
  /** Told of each request when its reply is written. */
  readonly onRequest?: (request: ServedRequest) => void;
  /** Told of every callback task that was handed over while this server runs (at least once each). */
  readonly onTask?: (task: HandedTask) => Promise<void>;
}

/** A folder with definition files, each named after its state machine. */
export interface LocalImport {
  readonly folder: string;
  /** What `${key}` in the files stands for. */
  readonly substitutions: Readonly<Record<string, string>>;
  /** Goes on to import what changes. */
  readonly watch: boolean;
}

/** What became of a definition file: its state machine is as the file says, or was kept where the file is gone; or the file has a fault. */
export type Imported =
  | { readonly file: string; readonly name: string; readonly arn: string; readonly change: "created" | "updated" | "unchanged" | "kept" }
  | { readonly file: string; readonly message: string; readonly diagnostics: readonly Diagnostic[] };

/** What is wrong in a definition, and where. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly location: string | null;
}

/** A request to a served local, without anything of its body. */
export interface ServedRequest {
  readonly operation: string | null;
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly milliseconds: number;
}

/** A callback task whose call the embedded Step Functions has recorded as delivered. */
export interface HandedTask {
  readonly executionArn: string;
  readonly stateName: string;
  readonly resourceType: string;
  readonly resource: string;
  /** The resolved parameters as JSON text, the token in them. */
  readonly parameters: string;
  readonly taskToken: string;
}

/** The embedded Step Functions, served until it is disposed of. */
export interface LocalServer extends AsyncDisposable {
  readonly url: string;
  readonly file: string;
  readonly region: string;
  readonly accountId: string;
  now(): Date;
  /** Moves the file's clock forward and applies every deadline that falls due, each at its own time. */
  advance(milliseconds: number): Promise<void>;
}
