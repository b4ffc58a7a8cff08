import koffi from 'koffi';
import { libbpf, libc, type Pointer } from './native.js';

const MAX_KEPT = 64 * 1024;
const LEVEL_INFO = 1;

let said = '';
const line = Buffer.alloc(MAX_KEPT);

/** libbpf's words since the last call of this, at most 64 KiB: an error carries them. Also installs the listener, once. */
export function takeLog(): string {
  const log = said.trimEnd();
  said = '';
  return log;
}

/** A va_list is a pointer on x86-64; on arm64 it is a struct passed by reference, which comes to the same. */
const print = (level: number, format: Pointer, args: Pointer): number => {
  if (level > LEVEL_INFO) return 0;
  const length = libc.vsnprintf(line, line.length, format, args);
  said = (said + line.toString('latin1', 0, Math.min(Math.max(length, 0), line.length - 1))).slice(-MAX_KEPT);
  return 0;
};
libbpf.setPrint(koffi.register(print, koffi.pointer(koffi.proto('int libbpf_print_fn(int, const void*, void*)'))));
