import type { Host, Intent } from '@guardpost/intents';
import { describe, expect, it } from 'vitest';
import { chooseIntents } from './choose-intents.js';
import { cutBy } from './guards.js';
import { SDNIP } from './intent-record.js';

const point = (n: number) => ({ device: 'of:0000000000000001', port: String(n) });
const route = (key: string, more: object = {}): Intent => ({
  type: 'MultiPointToSinglePointIntent',
  id: '0x1',
  key,
  appId: SDNIP,
  resources: [],
  state: 'INSTALLED',
  selector: { criteria: [] },
  treatment: {},
  priority: 220,
  ingressPoint: [point(1)],
  egressPoint: point(2),
  ...more,
});
const HOST: Host = {
  id: '02:00:00:00:03:06/None',
  mac: '02:00:00:00:03:06',
  vlan: 'None',
  ipAddresses: ['10.0.0.31', 'fd00:10::31'],
  locations: [{ elementId: 'of:0000000000000003', port: '6' }],
};
const toHost = route('to-koren-h1', {
  appId: 'org.onosproject.cli',
  selector: { criteria: [{ type: 'ETH_DST', mac: '02:00:00:00:03:06' }] },
});
const pair: Intent = {
  type: 'HostToHostIntent',
  id: '0x2',
  key: 'pair',
  appId: 'org.onosproject.cli',
  resources: [],
  state: 'INSTALLED',
  selector: { criteria: [] },
  treatment: {},
  priority: 100,
  one: '02:00:00:00:03:06/None',
  two: '02:00:00:00:04:06/None',
};
const keys = (prefix: string, intents: Intent[], hosts: Host[] = []) =>
  chooseIntents({ prefix, proto: null, port: null }, intents, hosts).map((r) => r.key);

describe('chooseIntents', () => {
  it('takes the route that covers the target most closely', () => {
    const routes = [route('116.0.0.0/8'), route('116.89.190.0/24'), route('116.89.190.244/30'), route('203.0.113.0/24')];
    expect(keys('116.89.190.245/32', routes)).toEqual(['116.89.190.244/30']);
    expect(keys('116.89.190.128/25', routes)).toEqual(['116.89.190.0/24']);
    expect(keys('198.51.100.7/32', routes)).toEqual([]);
  });

  it('takes no route that is withdrawn already, no BGP session, and nothing at the priority of control traffic', () => {
    expect(keys('203.0.113.0/24', [route('203.0.113.0/24', { state: 'WITHDRAWN' })])).toEqual([]);
    expect(keys('203.0.113.0/24', [route('192.168.1.1-192.168.1.2-src')])).toEqual([]);
    expect(keys('10.0.0.31/32', [{ ...toHost, priority: 1_000 } as Intent], [HOST])).toEqual([]);
  });

  it('takes the intents of the host where no route covers it', () => {
    expect(keys('10.0.0.31/32', [toHost, pair, route('203.0.113.0/24')], [HOST])).toEqual(['to-koren-h1', 'pair']);
    expect(keys('fd00:10::31/128', [toHost], [HOST])).toEqual(['to-koren-h1']);
    expect(keys('10.0.0.32/32', [toHost, pair], [HOST])).toEqual([]);
  });
});

describe('cutBy', () => {
  const target = { prefix: '116.89.190.245/32', proto: null, port: null };
  it('is the whole prefix of a route, and the target of any other intent', () => {
    expect(cutBy(target, [{ appId: SDNIP, key: '116.89.190.244/30' }])).toEqual(['116.89.190.244/30']);
    expect(cutBy(target, [{ appId: 'org.onosproject.cli', key: 'pair' }])).toEqual(['116.89.190.245/32']);
  });
});
