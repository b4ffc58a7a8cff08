import { Lab } from '../lab/lab.js';
import { labMissing } from './available.js';
import { forgetTaps } from './forget-taps.js';

export const LAB_NAME = process.env['GUARDPOST_TEST_LAB'] ?? 'gpt';

/** One lab for a project's files. What it needs and does not find skips the specs, with the reason. */
export default async function setup(): Promise<() => Promise<void>> {
  const reason = labMissing();
  process.env['GUARDPOST_LAB_MISSING'] = reason ?? '';
  if (reason !== undefined) {
    process.stdout.write(`skipped, what stands on the lab: ${reason}\n`);
    return () => Promise.resolve();
  }
  if (process.env['GUARDPOST_KEEP_LAB'] === undefined) forgetTaps(LAB_NAME);
  const external = process.env['ONOS_URLS'];
  const lab = await Lab.up({ name: LAB_NAME });
  process.env['GUARDPOST_LAB_ONOS'] = lab.onosUrl;
  process.env['ONOS_URLS'] = lab.onosUrl; // for the contract specs
  return async () => {
    if (external === undefined) delete process.env['ONOS_URLS'];
    // A lab that was asked to stay is a developer's, who runs a part of the specs again and again.
    if (process.env['GUARDPOST_KEEP_LAB'] !== undefined) return;
    await lab.down();
    forgetTaps(LAB_NAME);
  };
}
