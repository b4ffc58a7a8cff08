import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowView } from '../testing/flow-view.js';
import { END_REASON, MessageWriter, type Message } from './message-writer.js';
import { readMessages } from '../testing/read-messages.js';

const setUp = (maxBytes = 1_400) => {
  const messages: Message[] = [];
  return {
    messages,
    writer: new MessageWriter(
      7,
      maxBytes,
      () => 1_700_000_000_999,
      (m) => messages.push(m),
    ),
  };
};

describe('MessageWriter', () => {
  it('writes what a reader of templates reads back', () => {
    const { messages, writer } = setUp();
    writer.templates();
    const times = { firstMs: 1_700_000_000_123, lastMs: 1_700_000_001_456 };
    writer.add(flowView({ ...times, bytes: 2 ** 40 + 5, packets: 9, vlan: 100, innerVlan: 200, tcpFlags: 0xff }), END_REASON.active);
    writer.add(
      flowView({ ...times, src: '2001:db8::7', dst: 'ff02::1', proto: 58, icmp: (135 << 8) | 1, sport: 0, dport: 0, egress: true }),
      END_REASON.idle,
    );
    writer.add(flowView({ ...times, proto: 17, vni: 0 }), END_REASON.forced);
    writer.add(flowView({ ...times, src: '2001:db8::7', dst: '::1', vni: 0xff_ffff }), END_REASON.noResources);
    writer.flush();
    const [first, ...records] = readMessages(messages.map(({ bytes }) => bytes));
    expect(first).toMatchObject({
      domain: 7, sourceIPv4Address: '198.51.100.7', destinationIPv4Address: '10.1.0.5', sourceTransportPort: 40_000, destinationTransportPort: 443,
      protocolIdentifier: 6, octetDeltaCount: 2 ** 40 + 5, packetDeltaCount: 9, flowStartMilliseconds: 1_700_000_000_123,
      flowEndMilliseconds: 1_700_000_001_456, vlanId: 100, dot1qVlanId: 100, dot1qCustomerVlanId: 200, tcpControlBits: 255, ingressInterface: 3,
      egressInterface: 0, flowDirection: 0, flowEndReason: 2, icmpTypeCodeIPv4: 0,
    }); // prettier-ignore
    expect(records).toMatchObject([
      { sourceIPv6Address: '2001:db8::7', destinationIPv6Address: 'ff02::1', icmpTypeCodeIPv6: 34_561, ingressInterface: 0, egressInterface: 3, flowDirection: 1, flowEndReason: 1 },
      { protocolIdentifier: 17, layer2SegmentId: 0x0100_0000 * 2 ** 32, flowEndReason: 4 },
      { sourceIPv6Address: '2001:db8::7', layer2SegmentId: 0x0100_0000 * 2 ** 32 + 0xff_ffff, flowEndReason: 5 },
    ]); // prettier-ignore
  });

  it('keeps messages below their limit, and numbers them by the records before', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), fc.integer({ min: 512, max: 1_500 }), (kinds, maxBytes) => {
        const { messages, writer } = setUp(maxBytes);
        writer.templates();
        for (const v6 of kinds) writer.add(flowView(v6 ? { src: '2001:db8::1', dst: '::2' } : {}), END_REASON.idle);
        writer.flush();
        let before = 0;
        for (const { bytes, records } of messages) {
          expect(bytes.length).toBeLessThanOrEqual(maxBytes);
          expect(bytes.readUInt16BE(2)).toBe(bytes.length);
          expect(bytes.readUInt32BE(8)).toBe(before);
          before += records;
        }
        expect(before).toBe(kinds.length);
        expect(readMessages(messages.map(({ bytes }) => bytes))).toHaveLength(kinds.length);
      }),
    );
  });

  it('says nothing where there is nothing to say', () => {
    const { messages, writer } = setUp();
    writer.flush();
    expect(messages).toEqual([]);
  });
});
