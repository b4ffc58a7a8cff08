import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import koffi from 'koffi';
import { BpfError } from '../libbpf/bpf-error.js';
import { libc } from '../libbpf/native.js';

const BPF_FS_MAGIC = 0xcafe4a11;
const DEFAULT_MOUNT = '/sys/fs/bpf';

/** Makes sure that `directory` lies on a bpf file system, mounting the usual one where it is missing. Throws with what to do. */
export function ensureBpffs(directory: string): void {
  let existing = directory;
  while (!existsSync(existing)) existing = dirname(existing);
  if (isBpffs(existing)) return;
  if (existing === DEFAULT_MOUNT) {
    if (libc.mount('bpf', DEFAULT_MOUNT, 'bpf', 0, null) === 0) return;
    throw new BpfError(
      `${DEFAULT_MOUNT} is not a bpf file system and mounting one failed; as root: mount -t bpf bpf ${DEFAULT_MOUNT}`,
      koffi.errno(),
    );
  }
  throw new Error(
    `${directory} is not on a bpf file system: choose a folder under ${DEFAULT_MOUNT}, or mount one there (mount -t bpf bpf ${existing})`,
  );
}

// f_type may come sign-extended.
const isBpffs = (path: string): boolean => Number(BigInt.asUintN(32, BigInt(statfsSync(path).type))) === BPF_FS_MAGIC;
