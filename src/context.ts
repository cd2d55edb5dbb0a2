import type { CloudFormation } from "./aws/cloudformation.ts";
import type { StepFunctions } from "./aws/step-functions.ts";
import type { LocalOptions, LocalServer } from "./context/local-server.ts";
import type { Child, ChildOptions, EndingSignal, SpawnOptions } from "./context/programs.ts";
import type { Screen, ScreenListener } from "./context/screen.ts";
import type { Text } from "./text.ts";

/** What a command may use. It touches the world through nothing else: no `process`, no stream, no clock of its own. */
export interface Context {
  readonly terminal: Terminal;
  readonly prompts: Prompts;
  /** The same questions line by line, for screen readers; what `prompts` is on a dumb terminal. */
  readonly linePrompts: Prompts;
  readonly environment: Environment;
  readonly files: Files;
  readonly clock: Clock;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly taskIndex: TaskIndex;
  /** The connection options of this invocation, merged from before and after the command's name. */
  readonly connectionOptions: ConnectionOptions;
  connect(options?: ConnectionOptions): Promise<Connection>;
  serveLocal(options: LocalOptions): Promise<LocalServer>;
  /**
   * Remembers what is to be undone, at the latest when the command ends; the function that comes back does it now. An interrupted command is not given up
   * while it is being undone.
   */
  undoAtEnd(undo: () => Promise<void>): () => Promise<void>;
  /** Runs a program with inherited streams; resolves with its exit code (128 + n for a signal). Throws usageError where it cannot start. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): Promise<number>;
  /** Starts a program in a process group of its own. Throws exit 126 or 127 where it cannot start. */
  startChild(command: string, args: readonly string[], options: ChildOptions): Promise<Child>;
  /** Throws as `startChild` would where there is no such program, or one that may not be run. */
  checkProgram(command: string): Promise<void>;
  /**
   * From now on signals to us are told to `listener` and do nothing else: neither is `signal` aborted by them nor the command given up. Throws where one has
   * come already.
   */
  takeSignals(listener: (signal: EndingSignal) => void): void;
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The time, and the passing of time. */
export interface Clock {
  now(): Date;
  /** Resolves after that time, or rejects with the signal's reason. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The file system and standard input. */
export interface Files {
  /** Where the user keeps settings for this program; it need not be there. */
  readonly configFolder: string;
  /** The text of a file; a usage error (exit 2) that names the file where it cannot be read. */
  read(path: string): Promise<string>;
  /** All of standard input; a usage error where it is closed or empty. */
  readStdin(): Promise<string>;
  /** The same, or null where there is no such file. */
  readIfThere(path: string): Promise<string | null>;
  /** Opens a file to write at its end; it is made where absent, for its owner alone. A usage error where it cannot be opened. */
  openToAppend(path: string): Promise<AppendedFile>;
  /** Writes a file anew, for its owner alone; a usage error where it cannot be written. */
  write(path: string, text: string): Promise<void>;
  isThere(path: string): Promise<boolean>;
  /** Makes a file, and the folders around it, as everybody's files are; a usage error where it is there and may not be overwritten, or cannot be written. */
  create(path: string, text: string, how: { readonly overwrite: boolean }): Promise<void>;
  /** A fresh folder that is removed when the command ends. */
  temporaryFolder(): Promise<string>;
  /** A fresh folder for its owner alone, for what may end before the command does. */
  workFolder(): Promise<WorkFolder>;
}

/** A folder that is removed with all that is in it when it is disposed of. */
export interface WorkFolder extends AsyncDisposable {
  readonly path: string;
  /** It stays as long as that process group does, even where we are killed before. */
  usedBy(processGroup: number): void;
  /** Writes a file in it; gives the file's path. */
  write(name: string, text: string): Promise<string>;
  /** What is in a file of it, or null where there is no such file. A failure (exit 1) where it cannot be read. */
  read(name: string): Promise<Uint8Array | null>;
}

/** A file that is only written at its end. */
export interface AppendedFile extends AsyncDisposable {
  /** Resolves when the text is on the disk itself (fsync). A failure (exit 1) where it cannot be written. */
  append(text: string): Promise<void>;
}

/** How results are printed: for a person or a pipe, as one JSON document, or as one JSON object a line. */
export type Format = "human" | "json" | "jsonl";

/** The options of every command that say how it prints. */
export interface OutputOptions {
  readonly format: Format;
  readonly query?: string;
  readonly raw: boolean;
  /** `false` for --no-color. */
  readonly color: boolean;
  readonly debug: boolean;
}

/** A column of a table over rows of one kind. */
export interface Column<Row> {
  readonly header: string;
  /** Shown on a terminal. */
  cell(row: Row): Text;
  /** Shown in a pipe; the same as `cell` where absent. */
  plain?(row: Row): string;
  readonly align?: "left" | "right";
  /** Never cut, however narrow the terminal: what people copy. */
  readonly whole?: boolean;
  /** Not cut to fewer terminal cells than these; four where absent. */
  readonly least?: number;
}

/** Where results and what is said about them go. stdout is the answer, stderr is everything said about it. */
export interface Terminal {
  readonly format: Format;
  /** stdin and stderr are terminals and no JSON is asked for: prompts are allowed. */
  readonly interactive: boolean;
  readonly stdoutIsTerminal: boolean;
  readonly stderrIsTerminal: boolean;
  /** The width of stdout's terminal, 80 where there is none. */
  readonly columns: number;
  /** The height of stdout's terminal, 24 where there is none. */
  readonly rows: number;
  /** Aborted when whoever reads stdout has gone (`| head`): nothing that is written there is read any more. */
  readonly readerGone: AbortSignal;
  /** Gives the result: `json` as one document (or one line under --jsonl) in the JSON formats, else `lines` to stdout, piece by piece. */
  result(json: unknown, lines: () => Iterable<Text>): Promise<void>;
  /**
   * Gives a result under --json that may be long: members that are lists, arrays or other iterables, are written item by item, and held whole for --query
   * only.
   */
  longResult(members: Readonly<Record<string, unknown>>): Promise<void>;
  /** Gives one object of a stream under --jsonl; does nothing in other formats. */
  item(json: unknown): Promise<void>;
  /** Lays rows out: an aligned table with headers on a terminal, for which they are gone through twice; tab-separated without in a pipe. */
  table<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): Iterable<Text>;
  /** A line on stderr. */
  note(text: Text): void;
  /** A line on stderr with a mark that it is a warning. */
  warn(text: Text): void;
  /** What a program of the user's writes, as it is; resolves once it was taken. Lines of ours begin on lines of their own. */
  passThrough(stream: "stdout" | "stderr", bytes: Uint8Array): Promise<void>;
  /** A line on stderr under --debug only. */
  debug(text: Text): void;
  /** A spinner on stderr, on a terminal in the human format only; else silent. */
  progress(text: string): Progress;
  /** Tells a failure on stderr, as `{"error":…}` in the JSON formats. */
  error(failure: Failure): void;
  /** From now on this very text is never printed (a token that has no token's shape included), until what comes back is called. */
  hide(secret: string): () => void;
  /** From now on this very text is printed where it stands, hidden before or not: what a person asked to see. */
  reveal(secret: string): void;
  /** The text without secrets. For what is cut before it is printed: half a secret is not recognised any more. */
  redact(text: string): string;
  /** Whether stdin and stdout are a terminal that can be drawn on; a dumb one can not. */
  readonly canOpenScreen: boolean;
  /** Takes all of the terminal to draw on. One screen may be open; meanwhile what is said on stderr waits until it is away. */
  openScreen(listener: ScreenListener): Promise<Screen>;
}

/** What is told of a CliError. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly awsRequestId: string | undefined;
}

/** Something that goes on, as a spinner shows it. */
export interface Progress {
  /** `lines` are shown below the text. */
  update(text: string, lines?: readonly string[]): void;
  /** Takes the spinner away. May be called twice. */
  stop(): void;
}

/** Questions to a person. Only where `terminal.interactive`; Ctrl-C throws a CliError of kind interrupted. */
export interface Prompts {
  confirm(message: string, initial?: boolean): Promise<boolean>;
  /** `check` returns what is wrong with the value, or undefined. */
  input(message: string, options?: { initial?: string; check?(value: string): string | undefined }): Promise<string>;
  select<Value extends string>(message: string, choices: readonly { value: Value; name: string; description?: string }[]): Promise<Value>;
  /** Typed without an echo, as for an MFA code. */
  secret(message: string): Promise<string>;
}

/** The options of every command that say which Step Functions it talks to. */
export interface ConnectionOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
  readonly local?: boolean;
  readonly localFile?: string;
}

/** Which Step Functions a command talks to; what a remembered task id is tied to. */
export type Place =
  | { readonly kind: "aws"; readonly region: string; readonly profile: string | null }
  | { readonly kind: "endpoint"; readonly region: string; readonly endpointUrl: string; readonly profile: string | null }
  | { readonly kind: "local"; readonly region: string; readonly file: string };

/** An open way to a Step Functions; what it holds open is closed when it is disposed of. */
export interface Connection extends AsyncDisposable {
  readonly place: Place;
  readonly stepFunctions: StepFunctions;
  /** Whose credentials these are: one request to STS, or to the endpoint that was named. */
  callerArn(): Promise<string>;
  /** CloudFormation at the same place, with the same credentials. It is loaded when asked for; the signal ends its calls. */
  cloudFormation(signal?: AbortSignal): Promise<CloudFormation>;
}

/** Where a waiting task's id was seen. */
export interface RememberedTask {
  readonly id: string;
  readonly executionArn: string;
  readonly eventId: number;
  readonly place: Place;
}

/** The task ids that earlier commands showed. Never holds a token; bounded; safe under concurrent commands. */
export interface TaskIndex {
  remember(tasks: readonly RememberedTask[]): Promise<void>;
  /** All remembered tasks whose id begins with `prefix`, newest first. */
  find(prefix: string): Promise<readonly RememberedTask[]>;
}
