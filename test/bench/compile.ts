import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotHere } from './result.js';

/** Compiles a program of this folder into `folder`, as libs/bpf/c/Makefile does; returns the object's path. */
export function compile(name: string, folder: string, defines: Readonly<Record<string, number>> = {}): string {
  const object = join(folder, `${name}.o`);
  const multiarch = run('gcc', ['-print-multiarch']).trim();
  const options = [...Object.entries(defines).map(([key, value]) => `-D${key}=${value}`), `-I/usr/include/${multiarch}`];
  const source = fileURLToPath(new URL(name, import.meta.url));
  run('clang', ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', ...options, '-c', source, '-o', object]);
  return object;
}

function run(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw new NotHere(`${command} is missing`);
    throw error;
  }
}
