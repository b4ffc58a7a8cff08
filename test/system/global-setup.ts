import { Lab } from '../lab/lab.js';

/** One lab for a project's files. Without root, or without an ONOS to use, specs skip themselves with the reason. */
export const LAB_NAME = process.env['GUARDPOST_TEST_LAB'] ?? 'gpt';

export default async function setup(): Promise<() => Promise<void>> {
  const reason = Lab.unavailable();
  process.env['GUARDPOST_LAB_MISSING'] = reason ?? '';
  if (reason !== undefined) return () => Promise.resolve();
  const lab = await Lab.up({ name: LAB_NAME });
  process.env['ONOS_URLS'] = lab.onosUrl;
  // A lab that was asked to stay is the developer's, who runs a part of the specs again and again.
  return async () => {
    if (process.env['GUARDPOST_KEEP_LAB'] === undefined) await lab.down();
  };
}
