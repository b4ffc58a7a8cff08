import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { differences } from './compare.js';
import { whyNoFolder, whyNoTshark } from './tshark.js';

const FOLDER = fileURLToPath(new URL('../../../shared/pcaps/', import.meta.url));
const reason = whyNoFolder(FOLDER) ?? whyNoTshark();
const captures = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

describe.skipIf(reason !== undefined)(`captures as tshark reads them${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it('has captures', () => {
    expect(captures.length).toBeGreaterThan(0);
  });

  it.each(captures)('%s', async (name) => {
    expect(await differences(FOLDER + name)).toEqual([]);
  });
});
