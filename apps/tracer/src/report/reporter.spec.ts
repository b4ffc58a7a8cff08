import { generateKeyPairSync } from 'node:crypto';
import type { Envelope, Report } from '@guardpost/contracts';
import { newBoot, Sealer } from '@guardpost/platform';
import { describe, expect, it } from 'vitest';
import { Reporter } from './reporter.js';

const key = generateKeyPairSync('ed25519').privateKey;
const flow = (n: number): Report => ({ kind: 'flow', device: 'of:0000000000000001', flowId: `${n}`, event: 'added', at: n });
const beat = (at: number): Report => ({
  kind: 'heartbeat', at, watchVersion: 0, dropVersion: 0, interfaces: [], counters: {}, unacknowledged: 0, problems: [],
}); // prettier-ignore

describe('Reporter', () => {
  it('keeps flow events and the newest heartbeat while Redis is away, then sends them numbered without a gap', async () => {
    const reporter = new Reporter(new Sealer('gist1', key, newBoot()));
    for (let n = 1; n <= 3; n++) {
      reporter.report(flow(n));
      reporter.report(beat(n));
    }
    const sent: Envelope[] = [];
    reporter.start((e) => Promise.resolve(sent.push(e)));
    await expect.poll(() => reporter.counts.sent).toBe(4);
    expect(sent.map((e) => e.seq)).toEqual([1, 2, 3, 4]);
    expect(sent.map((e) => (JSON.parse(e.body) as Report).kind)).toEqual(['flow', 'flow', 'flow', 'heartbeat']);
    expect(reporter.counts.dropped).toBe(2);
  });

  it('has an end to what it keeps', () => {
    const reporter = new Reporter(new Sealer('gist1', key, newBoot()));
    for (let n = 0; n < 6_000; n++) reporter.report(flow(n));
    expect(reporter.depth).toBe(5_000);
    expect(reporter.counts.dropped).toBe(1_000);
  });
});
