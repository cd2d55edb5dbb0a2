import { parentPort, workerData } from "node:worker_threads";
import { type DefinitionJob, runJob } from "./definition-checks.ts";

// The other end of definition-checks.ts.
parentPort?.postMessage(runJob(workerData as DefinitionJob));
