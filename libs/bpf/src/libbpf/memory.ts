import koffi from 'koffi';
import { BpfError } from './bpf-error.js';
import { libc } from './native.js';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const SC_PAGESIZE = 30;

/** Of this machine, in bytes: 4096, or more on some arm64. */
export const PAGE_SIZE = libc.sysconf(SC_PAGESIZE);

/** Memory shared with the kernel. `free` unmaps it: every view of it is then poison, so the owner lets go of them first. */
export interface MappedMemory {
  readonly buffer: ArrayBuffer;
  free(): void;
}

/**
 * Maps `bytes` (rounded up to pages) of an mmapable map from `offset`.
 * Throws BpfError (EPERM where the map may not be mapped, EINVAL beyond its end).
 */
export function mapMemory(fd: number, bytes: number, { write = false, offset = 0 } = {}): MappedMemory {
  const length = Math.ceil(bytes / PAGE_SIZE) * PAGE_SIZE;
  const at = libc.mmap(null, length, write ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
  if (at === null || at === MAP_FAILED) throw new BpfError(`mmap of ${length} bytes`, koffi.errno());
  return { buffer: koffi.view(at, length), free: () => void libc.munmap(at, length) };
}
