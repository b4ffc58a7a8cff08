import { criteria, dropRule, ETHER_TYPE, type Intent, type IntentState } from '@guardpost/intents';
import { describe, expect, it } from 'vitest';
import { flowRule } from '../mitigations/flow-rule.js';
import { guardRule } from './guards.js';
import { SDNIP } from './intent-record.js';
import { guardedPrefix, lostWithdrawals } from './lost-withdrawals.js';

const DEVICE = 'of:0000000000000001';
const route = (key: string, state: IntentState = 'INSTALLED', appId = SDNIP): Intent => ({
  type: 'MultiPointToSinglePointIntent',
  id: '0x1',
  key,
  appId,
  resources: [],
  state,
  selector: { criteria: [] },
  treatment: {},
  priority: 220,
  ingressPoint: [{ device: DEVICE, port: '1' }],
  egressPoint: { device: DEVICE, port: '2' },
});
const guard = (prefix: string) => guardRule(DEVICE, prefix);
const drop = flowRule({ prefix: '203.0.113.0/24', proto: null, port: null }, { device: DEVICE, inPort: null, side: 'to', priority: 810 });
const standIn = dropRule(DEVICE, 219, [criteria.ethType(ETHER_TYPE.ipv4), criteria.inPort(3)]);

describe('a guard', () => {
  it('is told by its priority and by what it matches', () => {
    expect(guardedPrefix(guard('203.0.113.0/24'))).toBe('203.0.113.0/24');
    expect(guardedPrefix(guard('2001:DB8:0::/48'))).toBe('2001:db8::/48');
    expect(guardedPrefix(drop)).toBeUndefined();
    expect(guardedPrefix({ ...guard('203.0.113.0/24'), priority: 998 })).toBeUndefined();
    const { selector } = guard('203.0.113.0/24');
    const narrower = { criteria: [...selector.criteria, criteria.inPort(3)] };
    expect(guardedPrefix({ priority: 999, selector: narrower })).toBeUndefined();
    expect(guardedPrefix({ priority: 999, selector: { criteria: [criteria.ethType(ETHER_TYPE.ipv4)] } })).toBeUndefined();
  });
});

describe('what is left of withdrawals that no ledger knows', () => {
  const announced = ['203.0.113.0/24', '198.51.100.0/24'];

  it('nothing where drop rules alone are left', () => {
    expect(lostWithdrawals([drop], announced, [])).toEqual({ routes: [], others: [], wait: [] });
  });

  it('a guarded route that is announced and has no intent, or one that is on its way out', () => {
    const sibling = route('198.51.100.0/24');
    for (const intents of [[sibling], [sibling, route('203.0.113.0/24', 'WITHDRAWN')], [sibling, route('203.0.113.0/24', 'WITHDRAWING')]])
      expect(lostWithdrawals([guard('203.0.113.0/24'), guard('203.0.113.0/24')], announced, intents)).toEqual({
        routes: ['203.0.113.0/24'],
        others: [],
        wait: ['203.0.113.0/24', '198.51.100.0/24'],
      });
  });

  it('not a route that is there again, nor one that nobody announces any more', () => {
    const there = route('203.0.113.0/24', 'FAILED');
    expect(lostWithdrawals([guard('203.0.113.0/24')], announced, [there])).toEqual({ routes: [], others: [], wait: [] });
    expect(lostWithdrawals([guard('203.0.113.0/24')], [], [])).toEqual({ routes: [], others: ['203.0.113.0/24'], wait: [] });
  });

  it('an intent of the same key of another application is no route', () => {
    const other = route('203.0.113.0/24', 'INSTALLED', 'org.onosproject.cli');
    expect(lostWithdrawals([guard('203.0.113.0/24')], announced, [other]).routes).toEqual(['203.0.113.0/24']);
  });

  it('stand-ins carry others until the routes that they stand in for are whole', () => {
    const intents = [route('198.51.100.0/24'), route('203.0.113.0/24', 'FAILED')];
    expect(lostWithdrawals([standIn], announced, intents)).toEqual({ routes: [], others: [], wait: ['198.51.100.0/24'] });
  });

  it('a host that was guarded: its intents are not ours to submit', () => {
    expect(lostWithdrawals([guard('10.0.0.31/32')], announced, [])).toEqual({ routes: [], others: ['10.0.0.31/32'], wait: [] });
  });
});
