import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import koffi, { type KoffiFunc } from 'koffi';
import { parsePrefix, type IpPrefix } from '@guardpost/contracts';
import { BpfObject } from '../libbpf/bpf-object.js';
import { possibleCpus } from '../libbpf/maps.js';
import { objectPath } from '../objects.js';

const FOLDER = fileURLToPath(new URL('../..', import.meta.url));

/** Builds the kernel programs where they are older than their sources. */
export const buildObjects = (): void => void execFileSync('make', ['-s', '-C', `${FOLDER}/c`]);
/** Compiles this package, for tests that start a process of their own. */
export const compile = (): void => void execFileSync('npx', ['tsc', '-b', FOLDER], { stdio: 'pipe' });

/** Why tests that need the kernel cannot run here, or undefined. */
export const whyNoKernel = (): string | undefined =>
  process.platform !== 'linux'
    ? 'not Linux'
    : process.getuid?.() !== 0
      ? 'not root'
      : !existsSync('/sys/fs/bpf')
        ? 'no /sys/fs/bpf: a kernel without BPF'
        : undefined;

export const prefix = (text: string): IpPrefix => {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return parsed;
};

const SETS_PER_CPU = 1 << 12;

/** The tap's programs over maps of their own, unpinned, gone with the process. */
export const loadTap = (): BpfObject => {
  const sets = SETS_PER_CPU * possibleCpus();
  return new BpfObject(objectPath('tap')).load({ maxEntries: { flows4: sets, flows6: sets }, constants: { seed: 42n } });
};
export const loadDrop = (): BpfObject => new BpfObject(objectPath('drop')).load();

const library = koffi.load('libbpf.so.1');
const nextKey: KoffiFunc<(fd: number, key: Buffer | null, next: Buffer) => number> = library.func(
  'int bpf_map_get_next_key(int, void*, void*)',
);
const deleteElement: KoffiFunc<(fd: number, key: Buffer) => number> = library.func('int bpf_map_delete_elem(int, void*)');

/** Removes every element of a hash map. */
export function emptyMap(fd: number, keySize: number): void {
  const key = Buffer.alloc(keySize);
  while (nextKey(fd, null, key) === 0) deleteElement(fd, key);
}

/** Waits until `condition` holds, looking every few ms. Throws with `what` after the deadline. */
export async function until(what: string, condition: () => boolean, deadlineMs = 10_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
