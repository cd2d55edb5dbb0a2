import { Worker } from "node:worker_threads";
import { checkDefinition, type Diagnostic, type ValidationResult, validationResult } from "./asl/definition-check.ts";

type Check = Parameters<typeof checkDefinition>;
type Validation = Parameters<typeof validationResult>;

/** What the thread is asked. */
export type DefinitionJob = { readonly check: Check } | { readonly validation: Validation };

/** What the thread answers: `null` for a definition that may run. */
export type DefinitionJobResult = readonly Diagnostic[] | ValidationResult | null;

/** A definition of a thousand expressions takes a tenth of a second; what takes longer must not hold other requests up. */
const maxExpressionsHere = 300;
const maxLengthHere = 131_072;
const threadMegabytes = 512;

/** The thread's own file: beside this one in the sources, and under its name as an entry (tsup.config.ts) in the bundle. */
const file = new URL(import.meta.url.endsWith(".ts") ? "./definition-check-worker.ts" : "./definition-check-worker.js", import.meta.url);

/** Checks definitions: those that take a while in a thread, one at a time, so that neither other requests nor other checks are starved. */
export class DefinitionChecks {
  #last: Promise<unknown> = Promise.resolve();

  /** The errors in a definition, or null where it may run: what checkDefinition says. */
  async errors(...check: Check): Promise<readonly Diagnostic[] | null> {
    return (await this.#run({ check }, check[0])) as readonly Diagnostic[] | null;
  }

  /** What validationResult says. */
  async validate(...validation: Validation): Promise<ValidationResult> {
    return (await this.#run({ validation }, validation[0])) as ValidationResult;
  }

  #run(job: DefinitionJob, text: string): DefinitionJobResult | Promise<DefinitionJobResult> {
    if (text.length <= maxLengthHere && text.split("{%", maxExpressionsHere + 1).length <= maxExpressionsHere) return runJob(job);
    const result = this.#last.then(() => runInThread(job));
    this.#last = result.catch(() => {});
    return result;
  }
}

/** Does the job in the thread that calls it. */
export function runJob(job: DefinitionJob): DefinitionJobResult {
  if ("validation" in job) return validationResult(...job.validation);
  const checked = checkDefinition(...job.check);
  return "definition" in checked ? null : checked.diagnostics;
}

function runInThread(job: DefinitionJob): Promise<DefinitionJobResult> {
  return new Promise((resolve, reject) => {
    const resourceLimits = { maxOldGenerationSizeMb: threadMegabytes };
    const worker = new Worker(file, { workerData: job, execArgv: [], resourceLimits });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the thread that checks definitions ended")));
    // A process that ends does not wait for a check.
    worker.unref();
  });
}
