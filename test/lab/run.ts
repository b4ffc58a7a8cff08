import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

export interface ExecOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** @defaultValue 60000 */
  readonly timeoutMs?: number;
  /** Throw unless the code is 0. @defaultValue false */
  readonly check?: boolean;
}
export interface ExecResult {
  /** 128 + 15 or so where a signal ended it; 127 where it could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_OUTPUT_CHARS = 16 * 1024 * 1024;

/** Runs a command to its end; its exit code is a result, not an error, unless `check` is set. */
export function run(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
  const [file = 'true', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env: { ...process.env, ...options.env }, cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        if (output[stream].length < MAX_OUTPUT_CHARS) output[stream] += text;
      });
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 60_000);
    const settle = (code: number) => {
      clearTimeout(timer);
      if (options.check && code !== 0)
        reject(new Error(`${command.join(' ')}: code ${code}: ${output.stderr.trim() || output.stdout.trim()}`));
      else resolve({ code, ...output });
    };
    child.once('error', (error) => {
      output.stderr += error.message;
      settle(127);
    });
    child.once('close', (code, signal) => settle(code ?? (signal === 'SIGKILL' ? 137 : 143)));
    child.stdin.on('error', () => undefined); // the command need not read its input
    child.stdin.end(options.input ?? '');
  });
}

/** `nsenter`, not `ip netns exec`: that one mounts a new /sys, which hides /sys/fs/bpf. */
export const inNetns = (path: string, command: readonly string[]): string[] => ['nsenter', `--net=${path}`, '--', ...command];

/** nsenter executes the command in its own place, so the child's pid is the command's. */
export function spawnInNetns(path: string, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [file = 'nsenter', ...args] = inNetns(path, command);
  return spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
}
