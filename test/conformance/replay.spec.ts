import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { differences } from './compare.js';
import { whyNoFolder, whyNoTshark } from './tshark.js';

const FOLDER = fileURLToPath(new URL('../../../shared/pcaps/', import.meta.url));
const reason = whyNoFolder(FOLDER) ?? whyNoTshark();
const captures = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

/**
 * No difference is let pass here. On 1,698 other captures (the tests of Zeek, tcpdump and nDPI) tshark 4.0 reads otherwise where
 * - it has a link type or an encapsulation that DESIGN 8 does not enter (802.11, MPLS over UDP, MACsec, NSH, Ethernet in IPv6);
 * - it gives the Community ID of what GTP, CAPWAP, Teredo, sFlow or PIM carry, and of MLDv2 none that the specification knows;
 * - it gives a header up that we read in part: options of IPv6 that overrun, ICMP under 8 bytes, flags of TCP whose data offset is under 5;
 * - it does not know UDP of length 0 (BIG TCP in VXLAN and Geneve), and takes IPv6 options behind IPv4;
 * - times have more than a second of microseconds, or a frame says that it has 2^31 bytes or more.
 */
describe.skipIf(reason !== undefined)(`captures as tshark reads them${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it('has captures', () => {
    expect(captures.length).toBeGreaterThan(0);
  });

  it.each(captures)('%s', async (name) => {
    expect(await differences(FOLDER + name)).toEqual([]);
  });
});
