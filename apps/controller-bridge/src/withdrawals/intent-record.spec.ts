import { Intent, isKnownIntent, RelatedFlows, type KnownIntent } from '@guardpost/intents';
import { isRight } from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import { describe, expect, it } from 'vitest';
import { recorded } from '../../../../test/fixtures/onos/recorded.js';
import { ruleKey } from '../mitigations/flow-rule.js';
import {
  compare,
  recordedRule,
  refusal,
  requestFor,
  routePrefix,
  SDNIP,
  standing,
  standInsFor,
  type IntentRecord,
} from './intent-record.js';

function read<A>(codec: t.Type<A, unknown>, file: string): A {
  const decoded = codec.decode(JSON.parse(recorded(file)));
  if (isRight(decoded)) return decoded.right;
  throw new Error(`${file} is no ${codec.name}`);
}
function recordOf(kind: string): IntentRecord {
  const intent = read(Intent, `${kind}-get.json`.replace('-1-get', '-1'));
  if (!isKnownIntent(intent)) throw new Error('of an unknown type');
  return { at: 1, intent, rules: rulesOf(`${kind}-relatedflows.json`), siblings: [] };
}
const rulesOf = (file: string) => read(RelatedFlows, file).paths.flat().map(recordedRule);

/** Of a real SDN-IP: 203.0.113.0/24, four rules, two of them shared with its siblings. */
const route = recordOf('sdnip-m2s');

describe('what is recorded of a route intent', () => {
  it('is told from the sessions of BGP, which are never withdrawn', () => {
    expect(routePrefix(route.intent)).toMatchObject({ length: 24 });
    expect(refusal(route.intent)).toBeUndefined();
    const session = read(Intent, 'sdnip-p2p-get.json');
    expect(routePrefix(session)).toBeUndefined();
    expect(refusal(session)).toMatch(/BGP session/);
  });

  it('has stand-ins for the rules that match the next hop, one below them, and for no other', () => {
    const made = standInsFor(route, new Set());
    const shared = route.rules.filter((r) => r.selector.criteria.some((c) => c.type === 'ETH_DST'));
    expect(shared).toHaveLength(2);
    expect(made.map((r) => [r.deviceId, r.priority, r.selector, r.treatment])).toEqual(
      shared.map((r) => [r.deviceId, r.priority - 1, r.selector, r.treatment]),
    );
  });

  it('gives a request whose selector is the one that its rules prove', () => {
    const made = requestFor(route);
    if ('unsafe' in made) throw new Error(made.unsafe);
    expect(made.request).toMatchObject({ type: 'MultiPointToSinglePointIntent', appId: SDNIP, key: '203.0.113.0/24', priority: 220 });
    expect(made.request.selector?.criteria).toEqual([
      { type: 'ETH_TYPE', ethType: '0x800' },
      { type: 'IPV4_DST', ip: '203.0.113.0/24' },
    ]);
    expect(made.request.constraints).toBeUndefined(); // ONOS refuses PartialFailureConstraint
  });

  it('gives none where the rules prove no selector, or another prefix', () => {
    const bare = route.rules.map((r) => ({ ...r, selector: { criteria: r.selector.criteria.filter((c) => c.type === 'IN_PORT') } }));
    expect(requestFor({ ...route, rules: bare })).toMatchObject({ unsafe: expect.stringMatching(/all traffic/) as string });
    expect(requestFor({ ...route, rules: [] })).toMatchObject({ unsafe: expect.stringMatching(/all traffic/) as string });
    const other: KnownIntent = { ...route.intent, key: '203.0.114.0/24' };
    expect(requestFor({ ...route, intent: other })).toMatchObject({ unsafe: expect.stringMatching(/prefix/) as string });
  });
});

describe('compare', () => {
  it('takes the same rules for the same, whatever their ids and counters', () => {
    expect(compare(route, route.intent, route.rules)).toEqual({ kind: 'same' });
    expect(
      compare(
        route,
        route.intent,
        [...route.rules].reverse().map((r) => ({ ...r, flowId: '1' })),
      ),
    ).toEqual({ kind: 'same' });
  });

  it('tells the catch-all that the listed JSON becomes from everything that is acceptable', () => {
    const caught = route.rules.map((r) => ({
      ...r,
      selector: { criteria: r.selector.criteria.filter((c) => c.type !== 'IPV4_DST' && c.type !== 'ETH_TYPE') },
    }));
    expect(compare(route, route.intent, caught)).toMatchObject({ kind: 'wider' });
  });

  it('takes an ingress rule without the prefix for wider, though a rule downstream matches no prefix either', () => {
    const [first] = route.rules.filter((r) => r.selector.criteria.some((c) => c.type === 'IPV4_DST'));
    const loose = {
      ...first!,
      selector: {
        criteria: [
          { type: 'IN_PORT' as const, port: 21 },
          { type: 'ETH_DST' as const, mac: '02:00:00:00:01:01' },
        ],
      },
    };
    expect(compare(route, route.intent, [...route.rules, loose])).toMatchObject({ kind: 'wider' });
  });

  it('knows the rules of the next hop, which come and go with its other routes', () => {
    const shared = route.rules.filter((r) => r.selector.criteria.some((c) => c.type === 'ETH_DST'));
    const own = route.rules.filter((r) => !shared.includes(r));
    // Recorded while a sibling had taken them along: their return is no news.
    expect(compare({ ...route, rules: own }, route.intent, route.rules)).toEqual({ kind: 'same' });
    // Away, but a stand-in of somebody who goes on is there in their place.
    const standIns = new Set(standInsFor(route, new Set()).map(ruleKey));
    expect(compare(route, route.intent, own)).toMatchObject({ kind: 'changed' });
    expect(compare(route, route.intent, own, standIns)).toEqual({ kind: 'same' });
    // Another next hop's are not its own.
    const foreign = {
      ...shared[0]!,
      selector: {
        criteria: [
          { type: 'IN_PORT' as const, port: 12 },
          { type: 'ETH_DST' as const, mac: '02:00:00:00:09:09' },
        ],
      },
    };
    expect(compare(route, route.intent, [...route.rules, foreign])).toMatchObject({ kind: 'wider' });
  });

  it('takes another way, and the narrower rules of a rebuilt intent, for a change', () => {
    const [first, ...rest] = [...route.rules].sort((a) => (a.selector.criteria.some((c) => c.type === 'IPV4_DST') ? -1 : 1));
    expect(compare(route, route.intent, rest)).toMatchObject({
      kind: 'changed',
      text: expect.stringMatching(/1 of 4 rules are missing/) as string,
    });
    const moved = { ...first!, deviceId: 'of:0000000000000004' };
    expect(compare(route, route.intent, [moved, ...rest])).toMatchObject({ kind: 'changed' });
    const narrowed = route.rules.map((r) =>
      r.selector.criteria.some((c) => c.type === 'IPV4_DST')
        ? r
        : {
            ...r,
            selector: {
              criteria: [
                ...r.selector.criteria,
                { type: 'ETH_TYPE' as const, ethType: '0x800' },
                { type: 'IPV4_DST' as const, ip: '203.0.113.0/24' },
              ],
            },
          },
    );
    expect(compare(route, route.intent, narrowed)).toMatchObject({ kind: 'changed' });
  });
});

describe('the four types of intents', () => {
  it.each(['p2p', 'm2s', 's2m', 'h2h'])('%s comes back as the request that made it', (kind) => {
    const intent = read(Intent, `intent-get-${kind}-1.json`);
    if (!isKnownIntent(intent)) throw new Error('of an unknown type');
    const made = requestFor({ at: 1, intent, rules: rulesOf(`intent-relatedflows-${kind}-1.json`), siblings: [] });
    if ('unsafe' in made) {
      // One that takes all traffic of a port did so before; it is not given back by us, so it is not taken either.
      expect(intent.selector.criteria).toEqual([]);
      return;
    }
    const { key, appId, priority, type } = intent;
    expect(made.request).toMatchObject({ key, appId, priority, type });
    expect(made.request.selector?.criteria.length).toBeGreaterThan(0);
  });
});

it('every state of an intent means something to a withdrawal', () => {
  expect(standing('INSTALLED')).toBe('there');
  for (const state of ['FAILED', 'CORRUPT'] as const) expect(standing(state)).toBe('broken');
  for (const state of ['WITHDRAW_REQ', 'WITHDRAWING', 'PURGE_REQ'] as const) expect(standing(state)).toBe('leaving');
  for (const state of ['WITHDRAWN', undefined] as const) expect(standing(state)).toBe('gone');
  for (const state of ['INSTALL_REQ', 'COMPILING', 'INSTALLING', 'RECOMPILING', 'REALLOCATING'] as const)
    expect(standing(state)).toBe('coming');
});
