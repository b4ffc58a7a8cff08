import { readdirSync } from 'node:fs';
import { removePins } from '@guardpost/bpf';

const BPFFS = '/sys/fs/bpf';

/** Programs and maps of a lab's boxes outlive their tracers, as they should: what the next lab finds must not be of this one. */
export function forgetTaps(lab: string): void {
  for (const name of readdirSync(BPFFS)) if (name.startsWith(`guardpost-${lab}-`)) removePins(`${BPFFS}/${name}`);
}
