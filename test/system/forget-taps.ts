import { readdirSync, rmSync } from 'node:fs';

const BPFFS = '/sys/fs/bpf';

/**
 * Programs and maps of a lab's boxes outlive their tracers, as they should: what the next lab finds must not be of this one.
 * For a lab that is down: its interfaces went with their namespaces, and unlinking the pins lets go of the rest.
 */
export function forgetTaps(lab: string): void {
  for (const name of readdirSync(BPFFS)) if (name.startsWith(`guardpost-${lab}-`)) rmSync(`${BPFFS}/${name}`, { recursive: true });
}
