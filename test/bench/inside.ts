import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Wire } from './wire.js';

/** Runs a script of this folder inside namespace B and gives what it printed. On one CPU: the flow table is split by CPU, and a process that moves would meet an empty part. */
export function inside<T>(wire: Wire, script: string, args: readonly string[]): Promise<T> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const cpu = String(availableParallelism() - 1);
  const [command, rest] = wire.inside(wire.b, 'taskset', '-c', cpu, process.execPath, '--import', 'tsx', path, ...args);
  return new Promise((resolve, reject) => {
    let out = '';
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as T);
      else reject(new Error(`the measuring process ended with ${code}`));
    });
  });
}
