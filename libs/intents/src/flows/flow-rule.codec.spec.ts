import { isRight, right } from 'fp-ts/lib/Either.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { criteria } from './criteria.js';
import { isKnownCriterion, type Criterion } from './criterion.codec.js';
import { dropRule, FlowRule } from './flow-rule.codec.js';
import { sameSelector } from './same-selector.js';
import { isDrop } from './treatment.codec.js';

const port = fc.integer({ min: 0, max: 65_535 });
const mac = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 })
  .map((bytes) => bytes.map((b) => b.toString(16).padStart(2, '0')).join(':'));
const v4 = fc.ipV4().map((ip) => `${ip}/32`);
const v6 = fc.ipV6().map((ip) => `${ip}/128`);

const known = fc.oneof(
  fc.integer({ min: 0x600, max: 0xffff }).map(criteria.ethType),
  fc.integer({ min: 0, max: 0xffff_ffff }).map(criteria.inPort),
  mac.map(criteria.ethSrc),
  mac.map(criteria.ethDst),
  fc.integer({ min: -1, max: 4_096 }).map(criteria.vlanVid),
  v4.map(criteria.ipv4Src),
  v4.map(criteria.ipv4Dst),
  v6.map(criteria.ipv6Src),
  v6.map(criteria.ipv6Dst),
  fc.integer({ min: 0, max: 255 }).map(criteria.ipProto),
  ...[criteria.tcpSrc, criteria.tcpDst, criteria.udpSrc, criteria.udpDst, criteria.sctpSrc, criteria.sctpDst].map((build) =>
    port.map<Criterion>(build),
  ),
);
const other: fc.Arbitrary<Criterion> = fc.record({
  type: fc.constantFrom('ICMPV4_TYPE', 'MPLS_LABEL', 'TUNNEL_ID', 'toString'),
  value: fc.jsonValue(),
});
const rule: fc.Arbitrary<FlowRule> = fc
  .tuple(fc.integer({ min: 0, max: 65_535 }), fc.array(fc.oneof(known, other), { maxLength: 8 }))
  .map(([priority, all]) => dropRule('of:0000000000000001', priority, all));

describe('a flow rule', () => {
  it('comes back from JSON as it went', () => {
    fc.assert(
      fc.property(rule, (sent) => {
        const back = FlowRule.decode(JSON.parse(JSON.stringify(FlowRule.encode(sent))));
        expect(back).toEqual(right(JSON.parse(JSON.stringify(sent))));
        if (isRight(back)) {
          expect(sameSelector(back.right.selector, sent.selector)).toBe(true);
          expect(isDrop(back.right.treatment)).toBe(true);
        }
      }),
    );
  });

  it('is refused with a value that no switch has', () => {
    const good = dropRule('of:1', 800, []);
    const wrong: unknown[] = [
      { ...good, priority: -1 },
      { ...good, priority: 65_536 },
      { ...good, priority: 1.5 },
      { ...good, selector: {} },
      { ...good, selector: { criteria: [{ type: 'IP_PROTO', protocol: 256 }] } },
      { ...good, selector: { criteria: [{ type: 'IPV4_SRC' }] } },
      { ...good, treatment: { instructions: [{ type: 'OUTPUT', port: 1 }] } },
    ];
    for (const value of wrong) expect(isRight(FlowRule.decode(value))).toBe(false);
  });

  it('narrows known criteria by type', () => {
    const criterion: Criterion = criteria.tcpDst(443);
    expect(isKnownCriterion(criterion) && criterion.type === 'TCP_DST' && criterion.tcpPort).toBe(443);
    expect(isKnownCriterion({ type: 'toString' })).toBe(false);
  });
});

describe('sameSelector', () => {
  it('sees through order and spelling', () => {
    expect(
      sameSelector(
        {
          criteria: [{ type: 'ETH_TYPE', ethType: '0x0800' }, criteria.ethDst('02:00:00:00:0a:01'), criteria.ipv6Dst('2001:DB8:0::1/128')],
        },
        { criteria: [criteria.ipv6Dst('2001:db8::1/128'), criteria.ethDst('02:00:00:00:0A:01'), criteria.ethType(0x800)] },
      ),
    ).toBe(true);
  });

  it('sees a missing match, another value and another field', () => {
    const full = { criteria: [criteria.ethType(0x800), criteria.ipv4Dst('203.0.113.0/24')] };
    for (const lacking of [
      [],
      [criteria.ethType(0x800)],
      [criteria.ethType(0x800), criteria.ipv4Src('203.0.113.0/24')],
      [criteria.ethType(0x86dd), criteria.ipv4Dst('203.0.113.0/24')],
    ])
      expect(sameSelector(full, { criteria: lacking })).toBe(false);
  });

  it('does not depend on the order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(known, other), { maxLength: 6 }), (all) =>
        sameSelector({ criteria: all }, { criteria: [...all].reverse() }),
      ),
    );
  });
});
