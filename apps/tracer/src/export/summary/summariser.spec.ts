import { generateKeyPairSync } from 'node:crypto';
import { FakeTap } from '@guardpost/bpf';
import { FlowSummary, type Envelope } from '@guardpost/contracts';
import { keyId, newBoot, Opener, Sealer } from '@guardpost/platform';
import { isRight } from 'fp-ts/lib/Either.js';
import { describe, expect, it } from 'vitest';
import { FlowLedger } from '../flow-ledger.js';
import type { FlowView } from '../flow-view.js';
import { flowView } from '../testing/flow-view.js';
import { Summariser } from './summariser.js';
import { SummarySender } from './summary-sender.js';

const T = 1_700_000_000_000;

async function setUp(topFlows = 2, maxFlows = 100_000) {
  const tap = new FakeTap();
  await tap.start(() => undefined);
  tap.links = [
    { name: 'eth1', ifindex: 3, tap: 'link', xdp: 'off' },
    { name: 'eth2', ifindex: 4, tap: 'link', xdp: 'off' },
  ];
  const ledger = new FlowLedger(maxFlows, ['tallied'], T);
  const out: FlowSummary[] = [];
  const summariser = new Summariser({ box: 'gist1', intervalSeconds: 10, topFlows }, ledger, tap, T, (summary) => out.push(summary));
  summariser.begin();
  const round = (atMs: number, ...flows: FlowView[]): void => {
    ledger.beginRound();
    for (const flow of flows) ledger.sample(flow);
    ledger.endRound(T + atMs);
    summariser.round(T + atMs);
  };
  return { tap, ledger, out, summariser, round };
}
const flow = (sport: number, bytes: number, over: Parameters<typeof flowView>[0] = {}): FlowView =>
  flowView({ sport, packets: 1, bytes, firstMs: T + 1, lastMs: T + 2, ...over });

describe('Summariser', () => {
  it('names the largest flows of the interval, and counts all', async () => {
    const { out, round, tap } = await setUp();
    tap.counts = { ...tap.counts, otherPackets: 5, otherBytes: 300, evictLostPackets: 1, evictLostBytes: 60 };
    const icmp = { proto: 1, icmp: 2048, dport: 0, tcpFlags: 0, ifindex: 4, egress: true, vlan: 12, vni: 0 };
    const flows = [flow(1, 100), flow(2, 900), flow(3, 50), flow(0, 400, icmp), flow(9, 60, { ifindex: 77 })];
    round(9_999, ...flows);
    expect(out).toEqual([]);
    round(10_000, ...flows);
    expect(isRight(FlowSummary.decode(out[0]))).toBe(true);
    expect(out).toEqual([
      {
        v: 1, kind: 'flow-summary', box: 'gist1', from: T * 1_000, to: (T + 10_000) * 1_000, interfaces: ['eth1', 'eth2', 'if77'],
        flows: {
          src: ['198.51.100.7', '198.51.100.7'], dst: ['10.1.0.5', '10.1.0.5'], sport: [2, 0], dport: [443, 0], proto: [6, 1], icmp: [null, 2048],
          interface: [0, 1], side: [0, 1], vlan: [null, 12], vni: [null, 0], packets: [1, 1], bytes: [900, 400], tcpFlags: [2, 0],
        },
        totals: {
          interface: [0, 1, 2], side: [0, 1, 0], proto: [6, 1, 6], flows: [3, 1, 1], packets: [3, 1, 1], bytes: [1_050, 400, 60],
        },
        cut: { flows: 3, packets: 3, bytes: 210, totals: 0 },
        other: { packets: 6, bytes: 360 },
      },
    ]); // prettier-ignore
    round(20_000, ...flows.map((f) => (f.sport === 3 ? { ...f, packets: 4, bytes: 350 } : f)));
    expect(out[1]).toMatchObject({
      from: (T + 10_000) * 1_000, flows: { sport: [3], packets: [3], bytes: [300] }, totals: { flows: [1], bytes: [300] },
      cut: { flows: 0, packets: 0, bytes: 0 }, other: { packets: 0 },
    }); // prettier-ignore
    round(30_000);
    expect(out[2]).toMatchObject({ interfaces: [], flows: { src: [] }, totals: { bytes: [] } });
  });

  it('stays within its size, and counts what it leaves out', async () => {
    const { out, round, summariser } = await setUp(1_000, 3_000);
    const wide = {
      src: '2001:db8:1111:2222:3333:4444:5555:6666',
      dst: '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff',
      vni: 16_777_215,
      vlan: 4_095,
    };
    const flows = Array.from({ length: 3_000 }, (_, i) => flow(i + 1, 1e12 + i, { ...wide, packets: 1e11 }));
    summariser.evicted(flow(1, 7, { proto: 17 }));
    round(10_000, ...flows);
    const [summary] = out;
    expect(JSON.stringify(summary).length).toBeLessThanOrEqual(128 << 10);
    const rows = summary?.flows.src.length ?? 0;
    expect(rows).toBe(500);
    expect(summary?.flows.sport[0]).toBe(3_000);
    expect(summary?.cut).toMatchObject({ flows: 2_501, packets: 2_500 * 1e11 + 1 });
    expect(summary?.totals).toMatchObject({ proto: [6, 17], flows: [3_000, 1], bytes: [3_000 * 1e12 + (2_999 * 3_000) / 2, 7] });
  });
});

describe('SummarySender', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const opener = new Opener(new Map([[keyId(publicKey), { name: 'gist1', key: publicKey }]]));

  it('keeps the newest while Redis is away, and numbers what leaves, signed', async () => {
    const { summariser, out } = await setUp();
    const sender = new SummarySender(new Sealer('gist1', privateKey, newBoot()));
    for (let i = 0; i < 40; i++) {
      summariser.finish(T + i * 1_000);
      sender.put(out[i]!);
    }
    expect(sender.counts.dropped).toBe(10);
    const sent: Envelope[] = [];
    let fail = true;
    sender.start((envelope) => {
      sent.push(envelope);
      return fail ? ((fail = false), Promise.reject(new Error('no'))) : Promise.resolve();
    });
    while (sender.depth > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(sender.counts).toEqual({ sent: 29, failed: 1, dropped: 10 });
    expect(sent.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(opener.open(sent[0], FlowSummary)).toMatchObject({ body: { to: (T + 10_000) * 1_000 } });
  });
});
