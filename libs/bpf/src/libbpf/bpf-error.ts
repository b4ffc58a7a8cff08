import { constants } from 'node:os';

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** A call of libbpf or libc that failed: what was tried, the errno by name, and what libbpf said (the verifier's log among it). */
export class BpfError extends Error {
  readonly code: string;

  constructor(
    what: string,
    readonly errno: number,
    readonly log = '',
  ) {
    const code = names.get(errno) ?? `errno ${errno}`;
    super(log === '' ? `${what}: ${code}` : `${what}: ${code}\n${log}`);
    this.name = 'BpfError';
    this.code = code;
  }
}

/** libbpf 1.x returns -errno: passes results >= 0 on, throws BpfError otherwise. */
export function check(result: number, what: string): number {
  if (result < 0) throw new BpfError(what, -result);
  return result;
}
