import type { FlowSample } from '@guardpost/bpf';
import { Detection } from '@guardpost/contracts';
import fc from 'fast-check';
import { isRight } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { FakeClock, flowSample, START_US, tapEvent, watchItem } from './testing.js';
import { Detector, MAX_WINDOWS_PER_REMOTE, type DetectorOptions } from './detector.js';
import type { MetAt } from './met-at.js';
import type { DetectionDraft } from './window.js';

const ports = new Map([
  ['eth2', '6'],
  ['h1', '4'],
]);

function setUp(over: Partial<DetectorOptions> = {}) {
  const clock = new FakeClock();
  const out: DetectionDraft[] = [];
  const options = { box: 'gist1', boot: 'b', windowSeconds: 10, maxPerSecond: 500, maxWindows: 10_000, ...over };
  const locate = ({ ifname, direction, vni }: MetAt) => {
    const port = ports.get(ifname) ?? null;
    return { interface: ifname, direction, device: port === null ? null : 'of:0000000000000001', port, vni };
  };
  const detector = new Detector(options, clock, locate, (d) => out.push(d));
  detector.setRules(new Map([[7, watchItem()]]));
  const round = (...samples: FlowSample[]): void => {
    detector.beginRound();
    detector.absorb(samples);
    detector.endRound();
  };
  round();
  return { clock, out, detector, round };
}

describe('Detector', () => {
  it('tells the first packet of a key at once, in a form that the contract accepts', () => {
    const { detector, out } = setUp();
    expect(detector.onEvent(tapEvent({ bootNs: 5_000n }))).toBe(true);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatchObject({
      id: 'gist1:b:1',
      revision: 0,
      indicator: { id: 'ind-7', prefix: '198.51.100.0/24' },
      flow: { remote: '198.51.100.7', local: '10.1.0.5', proto: 6, remotePort: 40_000, localPort: 80 },
      seen: [{ interface: 'eth2', direction: 'ingress', device: 'of:0000000000000001', port: '6', vni: null }],
      packets: 1,
      bytes: 60,
      firstAt: START_US + 5,
    });
    expect(isRight(Detection.decode({ ...out[0], queuedAt: START_US }))).toBe(true);
  });

  it('takes the answer, and further connections to the service, for the same key', () => {
    const { detector, out } = setUp();
    detector.onEvent(tapEvent());
    detector.onEvent(tapEvent({ sport: 40_001 }));
    detector.onEvent(
      tapEvent({
        ifname: 'eth2',
        direction: 'egress',
        src: '10.1.0.5',
        dst: '198.51.100.7',
        sport: 80,
        dport: 40_000,
        matched: 'destination',
      }),
    );
    expect(out).toHaveLength(1);
    expect(detector.openWindows).toBe(1);
    detector.onEvent(tapEvent({ dport: 443 }));
    expect(detector.openWindows).toBe(2);
  });

  it('has one key for a protocol without ports', () => {
    const { detector, out } = setUp();
    detector.onEvent(tapEvent({ proto: 1, sport: 0, dport: 0 }));
    detector.onEvent(tapEvent({ proto: 1, sport: 0, dport: 0, src: '10.1.0.5', dst: '198.51.100.7', matched: 'destination' }));
    expect(out[0]?.flow).toMatchObject({ remotePort: null, localPort: null });
    expect(out).toHaveLength(1);
  });

  it('names the ends of the tunnel when those are what matched', () => {
    const { detector, out } = setUp();
    detector.onEvent(
      tapEvent({ matchedOuter: true, vni: 77, src: '10.9.0.1', dst: '10.9.0.2', outer: { src: '198.51.100.7', dst: '203.0.113.1' } }),
    );
    expect(out[0]?.flow).toEqual({ remote: '198.51.100.7', local: '203.0.113.1', proto: 17, remotePort: null, localPort: null });
  });

  it('does not wait to tell by which port the packets enter, once, and takes no answer for one of them', () => {
    const { detector, out } = setUp();
    detector.onEvent(tapEvent({ ifname: 'eth9' })); // of no bridge
    const answer = { src: '10.1.0.5', dst: '198.51.100.7', sport: 80, dport: 40_000, matched: 'destination' } as const;
    detector.onEvent(tapEvent({ ...answer, ifname: 'h1', direction: 'ingress' }));
    detector.onEvent(tapEvent({ ifname: 'h1', direction: 'egress' }));
    expect(out).toHaveLength(1);
    detector.onEvent(tapEvent());
    detector.onEvent(tapEvent({ ifname: 'h1', direction: 'ingress' }));
    expect(out.map((d) => d.revision)).toEqual([0, 1]);
    expect(out[1]?.seen.map((s) => `${s.interface} ${s.port} ${s.direction}`)).toEqual([
      'eth9 null ingress',
      'h1 4 egress',
      'eth2 6 ingress',
    ]);
  });

  it('reports counts when the window ends, a packet met at two interfaces once, and closes when nothing more comes', () => {
    const { detector, out, clock, round } = setUp();
    detector.onEvent(tapEvent());
    const both = (packets: number): FlowSample[] => [
      flowSample({ packets, bytes: packets * 110, vni: 77, ifindex: 2, ifname: 'eth1' }),
      flowSample({ packets, bytes: packets * 60 }),
    ];
    clock.advance(5);
    round(...both(4));
    expect(out).toHaveLength(1);
    clock.advance(5);
    round(...both(10));
    expect(out[1]).toMatchObject({ id: 'gist1:b:1', revision: 1, packets: 10 });
    clock.advance(10);
    round(...both(11));
    expect(out[2]).toMatchObject({ revision: 2, packets: 11 });
    clock.advance(10);
    round(...both(11));
    expect(out).toHaveLength(3);
    expect(detector.openWindows).toBe(0);
  });

  it('opens a new detection when a flow goes on after its window has closed, and counts only what is new', () => {
    const { detector, out, clock, round } = setUp();
    detector.onEvent(tapEvent());
    clock.advance(10);
    round(flowSample());
    expect(detector.openWindows).toBe(0);
    clock.advance(1);
    round(flowSample({ packets: 6, bytes: 360, lastBootNs: 11_000_000_000n }));
    expect(out[1]).toMatchObject({ id: 'gist1:b:2', revision: 0, firstAt: START_US + 11_000_000 });
    clock.advance(10);
    round(flowSample({ packets: 6, bytes: 360 }));
    expect(out[2]).toMatchObject({ id: 'gist1:b:2', revision: 1, packets: 5, bytes: 300 });
  });

  it('says nothing of what the flow table had counted before it began', () => {
    const clock = new FakeClock();
    const out: DetectionDraft[] = [];
    const options = { box: 'gist1', boot: 'b', windowSeconds: 10, maxPerSecond: 500, maxWindows: 10 };
    const detector = new Detector(
      options,
      clock,
      (at) => ({ interface: at.ifname, direction: at.direction, device: null, port: null, vni: null }),
      (d) => out.push(d),
    );
    detector.setRules(new Map([[7, watchItem()]]));
    for (const packets of [100, 100]) {
      detector.beginRound();
      detector.absorb([flowSample({ packets })]);
      detector.endRound();
    }
    expect(out).toHaveLength(0);
  });

  it('limits new detections a second, counts what it leaves out, and tells it when there is room', () => {
    const { detector, out, clock, round } = setUp({ maxPerSecond: 2 });
    for (const n of [1, 2, 3, 4]) detector.onEvent(tapEvent({ src: `198.51.100.${n}` }));
    expect(out).toHaveLength(2);
    expect(detector.suppressed.rate).toBe(2);
    clock.advance(1);
    round(...[1, 2, 3, 4].map((n) => flowSample({ src: `198.51.100.${n}` })));
    expect(out).toHaveLength(4);
  });

  it('counts further keys of one remote endpoint into its first window', () => {
    const { detector, out, clock, round } = setUp();
    for (let port = 1; port <= 100; port++) detector.onEvent(tapEvent({ dport: port }));
    expect(out).toHaveLength(MAX_WINDOWS_PER_REMOTE);
    expect(detector.suppressed.merged).toBe(100 - MAX_WINDOWS_PER_REMOTE);
    clock.advance(10);
    round(...Array.from({ length: 100 }, (_, i) => flowSample({ dport: i + 1 })));
    expect(out.at(-1)).toMatchObject({ id: 'gist1:b:1', revision: 1, packets: 1 + 100 - MAX_WINDOWS_PER_REMOTE });
  });

  it('has no more windows than it may', () => {
    const { detector } = setUp({ maxWindows: 3 });
    for (const n of [1, 2, 3, 4, 5]) detector.onEvent(tapEvent({ src: `198.51.100.${n}` }));
    expect(detector.openWindows).toBe(3);
    expect(detector.suppressed.windows).toBe(2);
  });

  it('ignores a rule that is not on the list', () => {
    const { detector, out } = setUp();
    expect(detector.onEvent(tapEvent({ rule: 8 }))).toBe(false);
    expect(out).toHaveLength(0);
    expect(detector.suppressed.unknownRule).toBe(1);
  });

  it('loses and invents no packet, whatever the order of packets, evictions and readings', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('packets' as const), flow: fc.nat(5), count: fc.integer({ min: 1, max: 50 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('evict' as const), flow: fc.nat(5), count: fc.constant(0) }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('round' as const), flow: fc.constant(0), count: fc.integer({ min: 0, max: 12 }) }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { detector, out, clock, round } = setUp();
        const tableOfFlows = new Map<number, number>();
        let sent = 0;
        const samplesOf = (flow: number, packets: number): FlowSample[] => {
          const tuple = { src: `198.51.100.${flow % 3}`, sport: 40_000 + flow, packets, bytes: packets * 60 };
          // Every packet is met twice: encapsulated at eth1, plain at h1.
          return [
            flowSample({ ...tuple, ifname: 'eth1', ifindex: 2, vni: 5 }),
            flowSample({ ...tuple, ifname: 'h1', ifindex: 4, direction: 'egress' }),
          ];
        };
        for (const s of steps) {
          if (s.do === 'packets') {
            if (!tableOfFlows.has(s.flow))
              detector.onEvent(tapEvent({ src: `198.51.100.${s.flow % 3}`, sport: 40_000 + s.flow, ifname: 'eth1' }));
            tableOfFlows.set(s.flow, (tableOfFlows.get(s.flow) ?? 0) + s.count);
            sent += s.count;
          } else if (s.do === 'evict') {
            const packets = tableOfFlows.get(s.flow);
            if (packets !== undefined) samplesOf(s.flow, packets).forEach((sample) => detector.onEvicted(sample));
            tableOfFlows.delete(s.flow);
          } else {
            clock.advance(s.count);
            round(...[...tableOfFlows].flatMap(([flow, packets]) => samplesOf(flow, packets)));
          }
        }
        for (let i = 0; i < 4; i++) {
          clock.advance(11);
          round(...[...tableOfFlows].flatMap(([flow, packets]) => samplesOf(flow, packets)));
        }
        const last = new Map(out.map((d) => [d.id, d.packets]));
        expect([...last.values()].reduce((a, b) => a + b, 0)).toBe(sent);
        for (const id of last.keys()) {
          const revisions = out.filter((d) => d.id === id);
          revisions.forEach((d, i) => expect(d.revision).toBe(i));
          revisions.slice(1).forEach((d, i) => expect(d.packets).toBeGreaterThanOrEqual(revisions[i]!.packets));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the beginnings of the first packets, each packet once, in every revision', () => {
    const { detector, out, round, clock } = setUp({ evidencePackets: 2 });
    const frame = (n: number) => Buffer.alloc(300, n);
    const met = (n: number, over = {}) =>
      detector.onEvent(tapEvent({ bootNs: BigInt(n) * 1_000n, frame: frame(n), length: 1_500, ...over }));
    expect(met(1)).toBe(true);
    expect(met(1, { ifname: 'h1', direction: 'egress' })).toBe(false); // the same packet leaves the bridge
    expect(met(2, { later: true })).toBe(false);
    expect(met(3, { later: true })).toBe(false);
    round(flowSample({ packets: 3, bytes: 4_500 }));
    clock.advance(11);
    round(flowSample({ packets: 3, bytes: 4_500 }));
    expect(out.every((d) => isRight(Detection.decode({ ...d, queuedAt: 0 })))).toBe(true);
    const of = (n: number) => ({
      at: START_US + n,
      interface: 'eth2',
      direction: 'ingress',
      length: 1_500,
      bytes: frame(n).subarray(0, 260).toString('base64'),
    });
    expect(out.map(({ evidence }) => evidence)).toEqual([[of(1)], [of(1), of(2)]]);
    expect(Buffer.from(out[0]?.evidence?.[0]?.bytes ?? '', 'base64')).toHaveLength(260);
  });

  it('opens no window for a packet that is evidence only', () => {
    const { detector, out } = setUp();
    expect(detector.onEvent(tapEvent({ later: true, frame: Buffer.alloc(60) }))).toBe(false);
    expect(out).toEqual([]);
    detector.onEvent(tapEvent());
    expect(out[0]).not.toHaveProperty('evidence');
  });
});
