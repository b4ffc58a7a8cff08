import { check } from '../../libs/bpf/src/libbpf/bpf-error.js';
import { libbpf } from '../../libs/bpf/src/libbpf/native.js';

export interface Runs {
  readonly ns: number;
  readonly runs: number;
}

/** Offsets of struct bpf_prog_info (linux/bpf.h). */
const INFO = { size: 224, runTimeNs: 192, runCount: 200 } as const;

/** What a program took since it was loaded, while kernel.bpf_stats_enabled was 1. */
export function runsOf(program: number): Runs {
  const info = Buffer.alloc(INFO.size);
  check(libbpf.info(program, info, new Uint32Array([info.length])), 'read program info');
  return { ns: Number(info.readBigUInt64LE(INFO.runTimeNs)), runs: Number(info.readBigUInt64LE(INFO.runCount)) };
}
