import { execFile } from 'node:child_process';

const TIMEOUT_MS = 5_000;
const MAX_OUTPUT_BYTES = 32 << 20;

/** Runs one of the tools of Open vSwitch and gives its standard output. Throws with what it said when it fails. */
export const ovsCommand = (tool: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(tool, args, { env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${tool}: ${stderr.trim().split('\n')[0] || error.message}`));
    });
  });
