import { check } from './bpf-error.js';
import { libbpf, TEST_RUN_OPTS_SIZE, type TestRunOpts } from './native.js';

export interface TestRunOptions {
  readonly repeat?: number;
  /** struct __sk_buff or struct xdp_md to start from. */
  readonly context?: Buffer;
  /** BPF_F_TEST_*. */
  readonly flags?: number;
}

/** Runs a loaded program over one frame without an interface. `durationNs` is the mean of `repeat` runs. Throws BpfError (EINVAL under 14 bytes). */
export function testRun(
  program: number,
  frame: Buffer,
  { repeat = 1, context, flags = 0 }: TestRunOptions = {},
): { retval: number; durationNs: number } {
  const opts: TestRunOpts = {
    sz: TEST_RUN_OPTS_SIZE,
    data_in: frame,
    data_out: null,
    data_size_in: frame.length,
    data_size_out: 0,
    ctx_in: context ?? null,
    ctx_out: null,
    ctx_size_in: context?.length ?? 0,
    ctx_size_out: 0,
    retval: 0,
    repeat,
    duration: 0,
    flags,
    cpu: 0,
    batch_size: 0,
  };
  check(libbpf.testRun(program, opts), 'test run');
  return { retval: opts.retval, durationNs: opts.duration };
}
