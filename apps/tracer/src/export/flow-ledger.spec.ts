import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowLedger } from './flow-ledger.js';
import { newFlowView, type FlowView } from './flow-view.js';
import { flowView } from './testing/flow-view.js';

const T = 1_700_000_000_000;
const ledgerOf = (maxFlows = 1_000): FlowLedger => new FlowLedger(maxFlows, ['exported'], T);
const round = (ledger: FlowLedger, nowMs: number, ...flows: FlowView[]): void => {
  ledger.beginRound();
  for (const flow of flows) ledger.sample(flow);
  ledger.endRound(nowMs);
};
const rowsOf = (ledger: FlowLedger): number[] => Array.from({ length: ledger.end }, (_, row) => row).filter((row) => ledger.isUsed(row));
const pending = (ledger: FlowLedger): { packets: number; bytes: number } => {
  const sum = { packets: 0, bytes: 0 };
  for (const row of rowsOf(ledger)) {
    sum.packets += ledger.pending(row, 'exported');
    sum.bytes += ledger.pendingBytes(row, 'exported');
  }
  return sum;
};

describe('FlowLedger', () => {
  it('keeps every field of a key apart, and gives it back', () => {
    const flows = [
      flowView({ firstMs: T + 1, lastMs: T + 2 }),
      flowView({ src: '198.51.100.8' }),
      flowView({ sport: 40_001 }),
      flowView({ proto: 17, tcpFlags: 0 }),
      flowView({ ifindex: 4 }),
      flowView({ egress: true }),
      flowView({ vni: 0 }),
      flowView({ vni: 0xff_ffff }),
      flowView({ vlan: 0 }),
      flowView({ vlan: 4_095, innerVlan: 7 }),
      flowView({ src: '2001:db8::1', dst: '2001:db8:ffff::2' }),
      flowView({ sport: 0, dport: 0, proto: 1, icmp: 0, tcpFlags: 0 }),
      flowView({ sport: 0, dport: 0, proto: 1, icmp: (3 << 8) | 1, tcpFlags: 0 }),
    ];
    const ledger = ledgerOf();
    round(ledger, T + 1_000, ...flows.map((flow) => ({ ...flow, firstMs: T + 1, lastMs: T + 2 })));
    const back = rowsOf(ledger).map((row) => {
      const view = newFlowView();
      ledger.read(row, 'exported', view);
      return view;
    });
    expect(back).toEqual(flows.map((flow) => ({ ...flow, firstMs: T + 1, lastMs: T + 2 })));
  });

  it('adds up processors, and tells differences', () => {
    const ledger = ledgerOf();
    const at = { firstMs: T + 10, lastMs: T + 500 };
    round(ledger, T + 1_000, flowView({ ...at, packets: 3, bytes: 300 }), flowView({ ...at, packets: 2, bytes: 100, tcpFlags: 16 }));
    expect(pending(ledger)).toEqual({ packets: 5, bytes: 400 });
    ledger.told(0, 'exported');
    round(ledger, T + 2_000, flowView({ ...at, packets: 3, bytes: 300 }), flowView({ ...at, packets: 4, bytes: 220, lastMs: T + 1_900 }));
    const flow = newFlowView();
    ledger.read(0, 'exported', flow);
    // The first packet after the record came after the reading before this one.
    expect(flow).toMatchObject({ packets: 2, bytes: 120, tcpFlags: 18, firstMs: T + 1_000, lastMs: T + 1_900 });
  });

  it('counts every packet once, whatever is read, evicted, told and forgotten when', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant('packets' as const), cpu: fc.nat(1), flow: fc.nat(2), n: fc.nat(20) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('evict' as const), cpu: fc.nat(1), flow: fc.nat(2), n: fc.nat(1) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('round' as const), cpu: fc.nat(1), flow: fc.nat(2), n: fc.nat(1) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('tell' as const), cpu: fc.nat(1), flow: fc.nat(2), n: fc.nat(1) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const ledger = ledgerOf();
        const table = new Map<string, number>();
        let onTheirWay: FlowView[] = []; // evicted, not yet taken out of the ring
        let [now, sent, told] = [T, 0, 0];
        const view = (flow: number, packets: number): FlowView =>
          flowView({ sport: flow, packets, bytes: 100 * packets, firstMs: T + 1, lastMs: now });
        const tell = (): void => {
          for (const row of rowsOf(ledger)) {
            told += ledger.pending(row, 'exported');
            ledger.told(row, 'exported');
          }
        };
        const drain = (): void => {
          for (const flow of onTheirWay) ledger.evicted(flow);
          onTheirWay = [];
        };
        const read = (): void => {
          drain();
          round(ledger, now, ...[...table].map(([key, packets]) => view(Number(key.split(' ')[1]), packets)));
          for (const row of rowsOf(ledger)) ledger.forget(row);
        };
        for (const { kind, cpu, flow, n } of steps) {
          now += 500;
          const slot = `${cpu} ${flow}`;
          if (kind === 'packets' && n > 0) {
            table.set(slot, (table.get(slot) ?? 0) + n);
            sent += n;
          } else if (kind === 'evict' && table.has(slot)) {
            onTheirWay.push(view(flow, table.get(slot) ?? 0));
            table.delete(slot);
            if (n === 0) drain();
          } else if (kind === 'round') read();
          else if (kind === 'tell') tell();
          expect(told).toBeLessThanOrEqual(sent);
        }
        read();
        tell();
        expect(told).toBe(sent);
        for (let i = 0; i < 3; i++) {
          table.clear();
          read();
        }
        expect(ledger.size).toBe(0);
      }),
    );
  });

  it('does not tell again what an earlier process counted', () => {
    const ledger = ledgerOf();
    const old = { firstMs: T - 5_000, lastMs: T - 1_000 };
    round(
      ledger,
      T + 10,
      flowView({ ...old, packets: 7 }),
      flowView({ ...old, packets: 2 }),
      flowView({ sport: 1, firstMs: T + 5, lastMs: T + 5 }),
    );
    expect(pending(ledger)).toEqual({ packets: 1, bytes: 60 });
    expect(ledger.counts).toMatchObject({ adoptedPackets: 9 });
    round(ledger, T + 1_000, flowView({ ...old, packets: 8, bytes: 1_120, lastMs: T + 900 }), flowView({ ...old, packets: 2 }));
    expect(pending(ledger).packets).toBe(2);
  });

  it('has room for so many; what is refused is counted, and told whole by its eviction', () => {
    const ledger = ledgerOf(1);
    round(ledger, T + 1_000, flowView({ firstMs: T, lastMs: T }), flowView({ sport: 1 }));
    expect(ledger.counts.full).toBe(1);
    expect(ledger.evicted(flowView({ sport: 1 }))).toBe(false);
    expect(ledger.evicted(flowView())).toBe(true);
    expect(pending(ledger).packets).toBe(1);
  });
});
