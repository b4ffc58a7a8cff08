import type { Detection } from '@guardpost/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectionOf } from '../testing/detection.fixture.js';
import { decide, forbidden, targetOf, type Facts } from './decide.js';
import type { Policy } from './policy.codec.js';

const policy: Policy = {
  rules: [
    { name: 'weak', match: { minConfidence: 0, feeds: ['gossip'] }, actions: [] },
    { name: 'strong', match: { minConfidence: 50 }, actions: ['drop-flow'], ttlSeconds: [10, 60] },
  ],
  neverBlock: ['10.255.0.0/24'],
  widest: { v4: 24, v6: 48 },
  maxLive: 5,
};
const facts = (change: Partial<Facts> = {}): Facts => ({
  detection: detectionOf(),
  indicator: { feed: 'post', confidence: 80 },
  offences: 0,
  live: 0,
  lifted: undefined,
  now: 2_000,
  ...change,
});
const withRemote = (remote: string): Detection => detectionOf({ flow: { ...detectionOf().flow, remote } });

describe('decide', () => {
  it('blocks by the first rule that matches, longer each time', () => {
    expect(decide(policy, facts())).toMatchObject({ kind: 'block', rule: 'strong', actions: ['drop-flow'], ttlSeconds: 10 });
    expect(decide(policy, facts({ offences: 1 }))).toMatchObject({ ttlSeconds: 60 });
    expect(decide(policy, facts({ offences: 9 }))).toMatchObject({ ttlSeconds: 60 });
  });

  it.each([
    ['an indicator that is gone', { indicator: undefined }, /no longer listed/],
    ['a rule without actions', { indicator: { feed: 'gossip', confidence: 99 } }, /weak only records/],
    ['low confidence', { indicator: { feed: 'post', confidence: 49 } }, /no rule/],
    ['what is never blocked', { detection: withRemote('10.255.0.10') }, /never blocked/],
    ['a full house', { live: 5 }, /5 mitigations are live/],
    ['a person who lifted it', { lifted: { at: 1_000, mutedUntil: 3_000 } }, /lifted by a person/],
    ['what was seen before the lift', { lifted: { at: 5_000, mutedUntil: null } }, /before the last mitigation/],
  ])('leaves %s', (_, change, why) => {
    const decision = decide(policy, facts(change));
    expect(decision.kind).toBe('leave');
    expect(decision.why).toMatch(why);
  });

  it('never blocks wider than allowed nor what is protected, whatever the prefix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 32 }), fc.nat(255), (length, third) => {
        const mask = length === 0 ? 0 : (~0 << (32 - length)) >>> 0;
        const address = ((10 << 24) | (255 << 16) | (third << 8) | 9) >>> 0;
        const bytes = [24, 16, 8, 0].map((shift) => ((address & mask) >>> shift) & 0xff);
        const why = forbidden(policy, { prefix: `${bytes.join('.')}/${length}`, proto: null, port: null });
        expect(why === undefined).toBe(length >= 24 && third !== 0);
      }),
    );
  });
});

describe('targetOf', () => {
  it('takes the host, and the service that the indicator names', () => {
    expect(targetOf(detectionOf())).toEqual({ prefix: '198.51.100.7/32', proto: null, port: null });
    const qualified = detectionOf({
      indicator: { id: 'i', prefix: '2001:db8::/32', proto: null, port: 80 },
      flow: { ...detectionOf().flow, remote: '2001:db8::7' },
    });
    expect(targetOf(qualified)).toEqual({ prefix: '2001:db8::7/128', proto: 6, port: 80 });
  });
});
