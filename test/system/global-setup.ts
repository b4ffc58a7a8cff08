import { readdirSync } from 'node:fs';
import { removePins } from '@guardpost/bpf';
import { Lab } from '../lab/lab.js';
import { labMissing } from './available.js';

export const LAB_NAME = process.env['GUARDPOST_TEST_LAB'] ?? 'gpt';

/** One lab for a project's files. What it needs and does not find skips the specs, with the reason. */
export default async function setup(): Promise<() => Promise<void>> {
  const reason = labMissing();
  process.env['GUARDPOST_LAB_MISSING'] = reason ?? '';
  if (reason !== undefined) return () => Promise.resolve();
  if (process.env['GUARDPOST_KEEP_LAB'] === undefined) forgetTaps();
  const external = process.env['ONOS_URLS'];
  const lab = await Lab.up({ name: LAB_NAME });
  process.env['GUARDPOST_LAB_ONOS'] = lab.onosUrl;
  process.env['ONOS_URLS'] = lab.onosUrl; // for the contract specs
  return async () => {
    if (external === undefined) delete process.env['ONOS_URLS'];
    // A lab that was asked to stay is a developer's, who runs a part of the specs again and again.
    if (process.env['GUARDPOST_KEEP_LAB'] !== undefined) return;
    await lab.down();
    forgetTaps();
  };
}

const BPFFS = '/sys/fs/bpf';

/** Programs and maps of the lab's boxes outlive their tracers, as they should: what the next lab finds must not be of this one. */
function forgetTaps(): void {
  for (const name of readdirSync(BPFFS)) if (name.startsWith(`guardpost-${LAB_NAME}-`)) removePins(`${BPFFS}/${name}`);
}
