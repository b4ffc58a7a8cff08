import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { BpfError, check } from './bpf-error.js';
import { libbpf } from './native.js';

export const MAP_TYPE_ARRAY = 2;
export const MAP_MMAPABLE = 1 << 10;
export const MAP_INNER = 1 << 12;

export interface MapInfo {
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

/** struct bpf_map_info (linux/bpf.h). */
export function mapInfo(fd: number): MapInfo {
  const info = Buffer.alloc(88);
  check(libbpf.info(fd, info, new Uint32Array([info.length])), 'read map info');
  return { type: info.readUInt32LE(0), keySize: info.readUInt32LE(8), valueSize: info.readUInt32LE(12), maxEntries: info.readUInt32LE(16) };
}

/** struct bpf_map_create_opts: size at 0, map_flags at 28. Returns the fd. */
export function createMap(shape: MapInfo, name: string, flags: number): number {
  const opts = Buffer.alloc(64);
  opts.writeBigUInt64LE(64n);
  opts.writeUInt32LE(flags, 28);
  return check(libbpf.mapCreate(shape.type, name, shape.keySize, shape.valueSize, shape.maxEntries, opts), `create map ${name}`);
}

const keyOf = (index: number): Buffer => {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(index);
  return key;
};

/** Of an array map. */
export function updateElement(fd: number, index: number, value: Buffer): void {
  check(libbpf.mapUpdate(fd, keyOf(index), value, 0), `update element ${index}`);
}

/** In libuv's thread pool: an update of an array of maps returns only when no program reads the old one any more (tens of ms). */
export function updateElementAsync(fd: number, index: number, value: Buffer): Promise<void> {
  const key = keyOf(index);
  return new Promise((resolve, reject) => {
    libbpf.mapUpdate.async(fd, key, value, 0, (error: unknown, result: number) => {
      if (error instanceof Error) reject(error);
      else if (result < 0) reject(new BpfError(`update element ${index}`, -result));
      else resolve();
    });
  });
}

/** False where the element is not there (ENOENT). */
export function lookupElement(fd: number, index: number, value: Buffer): boolean {
  const result = libbpf.mapLookup(fd, keyOf(index), value);
  if (result === -constants.errno.ENOENT) return false;
  check(result, `look up element ${index}`);
  return true;
}

/** Possible CPUs, not those online: per-CPU values and the flow table are laid out by these. */
export function possibleCpus(): number {
  const text = readFileSync('/sys/devices/system/cpu/possible', 'latin1');
  return Number(/(\d+)\s*$/.exec(text)?.[1] ?? 0) + 1;
}
