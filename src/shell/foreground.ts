/** What of the process has to do with the shell's jobs and its own end. */
export interface JobProcess {
  on(event: "SIGCONT" | "SIGHUP", listener: () => void): unknown;
  on(event: "exit", listener: () => void): unknown;
  off(event: "SIGCONT" | "SIGHUP", listener: () => void): unknown;
  off(event: "exit", listener: () => void): unknown;
  exit(code: number): unknown;
  /** Absent in tests within one process. */
  kill?(pid: number, signal: "SIGTSTP"): unknown;
}

const hangUpExitCode = 129;
/** After so long without being stopped, nobody is there to stop us: we have no shell, or are its only job. */
const stoppedByThenMilliseconds = 200;

/** Calls `restore` when the process ends: by itself, by exit(), by an error that nobody caught, or as its terminal hangs up. */
export function atExit(process: JobProcess, restore: () => void): () => void {
  const hangUp = () => {
    restore();
    process.exit(hangUpExitCode);
  };
  process.on("exit", restore);
  process.on("SIGHUP", hangUp);
  return () => {
    process.off("exit", restore);
    process.off("SIGHUP", hangUp);
  };
}

/** Stops all of the job, npx that may stand between us and the shell included, and calls `resumed` once it goes on. */
export function suspendJob(process: JobProcess, resumed: () => void): void {
  let isOver = false;
  const goOn = () => {
    if (isOver) return;
    isOver = true;
    process.off("SIGCONT", goOn);
    clearTimeout(timer);
    resumed();
  };
  process.on("SIGCONT", goOn);
  const timer = setTimeout(goOn, stoppedByThenMilliseconds);
  try {
    process.kill?.(0, "SIGTSTP");
  } catch {
    // Windows knows no jobs.
  }
}
