import { describe, expect, it } from 'vitest';
import { DROP_BAND, dropPriority, flowRule, GUARD_PRIORITY, ruleKey } from './flow-rule.js';

const place = { device: 'of:0000000000000001', inPort: '11', side: 'to' as const, priority: 800 };

describe('flowRule', () => {
  it('matches the address, the service and the port', () => {
    const rule = flowRule({ prefix: '198.51.100.7', proto: 6, port: 336 }, place);
    expect(rule.priority).toBe(800);
    expect(rule.isPermanent).toBe(true);
    expect(rule.selector.criteria).toEqual([
      { type: 'ETH_TYPE', ethType: '0x800' },
      { type: 'IPV4_DST', ip: '198.51.100.7/32' },
      { type: 'IN_PORT', port: 11 },
      { type: 'IP_PROTO', protocol: 6 },
      { type: 'TCP_DST', tcpPort: 336 },
    ]);
  });

  it('takes the source on the way back, also in IPv6', () => {
    const rule = flowRule({ prefix: '2001:db8::/48', proto: 17, port: 53 }, { ...place, inPort: null, side: 'from' });
    expect(rule.selector.criteria).toEqual([
      { type: 'ETH_TYPE', ethType: '0x86dd' },
      { type: 'IPV6_SRC', ip: '2001:db8::/48' },
      { type: 'IP_PROTO', protocol: 17 },
      { type: 'UDP_SRC', udpPort: 53 },
    ]);
  });

  it('refuses a port of a protocol that has none', () => {
    expect(() => flowRule({ prefix: '198.51.100.7', proto: 1, port: 8 }, place)).toThrow(/no ports/);
  });
});

describe('dropPriority', () => {
  const of = (prefix: string, proto: number | null = null, port: number | null = null) => dropPriority({ prefix, proto, port });

  it('stays in our band, under the guards, whatever the target', () => {
    for (const prefix of ['10.0.0.0/8', '198.51.100.7/32', '2001:db8::/48', '2001:db8::7/128', '0.0.0.0/0'])
      for (const [proto, port] of [
        [null, null],
        [6, null],
        [6, 443],
      ] as const) {
        expect(of(prefix, proto, port)).toBeGreaterThanOrEqual(DROP_BAND.lowest);
        expect(of(prefix, proto, port)).toBeLessThan(GUARD_PRIORITY);
      }
  });

  it('puts the narrower rule higher', () => {
    const rising = [of('198.51.0.0/16'), of('198.51.100.0/24'), of('198.51.100.7/32'), of('198.51.0.0/16', 6), of('198.51.100.7/32', 6)];
    expect(rising).toEqual([...rising].sort((a, b) => a - b));
    expect(new Set(rising).size).toBe(rising.length);
    expect(of('0.0.0.0/0', 6, 80)).toBeGreaterThan(of('2001:db8::7/128', 6));
  });
});

describe('ruleKey', () => {
  it('is the same for another order and spelling, and differs with any match', () => {
    const rule = flowRule({ prefix: '198.51.100.7/32', proto: 6, port: 80 }, place);
    const told = {
      ...rule,
      selector: { criteria: [...rule.selector.criteria].reverse().map((c) => (c.type === 'ETH_TYPE' ? { ...c, ethType: '0x0800' } : c)) },
    };
    expect(ruleKey(told)).toBe(ruleKey(rule));
    expect(ruleKey(flowRule({ prefix: '198.51.100.7', proto: 6, port: 336 }, place))).not.toBe(ruleKey(rule));
    expect(ruleKey(flowRule({ prefix: '198.51.100.7', proto: 6, port: 80 }, { ...place, inPort: null }))).not.toBe(ruleKey(rule));
  });
});
