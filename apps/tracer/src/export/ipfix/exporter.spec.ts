import { describe, expect, it } from 'vitest';
import { FlowLedger } from '../flow-ledger.js';
import type { FlowView } from '../flow-view.js';
import { flowView } from '../testing/flow-view.js';
import { readMessages } from '../testing/read-messages.js';
import { Exporter } from './exporter.js';
import type { Message } from './message-writer.js';

const T = 1_700_000_000_000;

function setUp() {
  const ledger = new FlowLedger(100_000, ['exported'], T);
  const messages: Message[] = [];
  const outlet = { room: 1_000, give: (message: Message): void => void messages.push(message) };
  let now = T;
  const options = { domain: 1, activeSeconds: 60, idleSeconds: 15, templateSeconds: 30, maxMessageBytes: 1_400 };
  const exporter = new Exporter(options, ledger, outlet, () => now);
  const round = (atMs: number, ...flows: FlowView[]): void => {
    now = T + atMs;
    ledger.beginRound();
    for (const flow of flows) ledger.sample(flow);
    ledger.endRound(now);
    exporter.round(now);
  };
  const records = () =>
    readMessages(messages.map(({ bytes }) => bytes)).map((r) => [
      r['sourceTransportPort'],
      r['packetDeltaCount'],
      r['octetDeltaCount'],
      r['flowEndReason'],
    ]);
  return { ledger, messages, outlet, exporter, round, records, finish: () => exporter.finish(now) };
}
const flow = (sport: number, packets: number, firstMs: number, lastMs: number): FlowView =>
  flowView({ sport, packets, bytes: 100 * packets, firstMs: T + firstMs, lastMs: T + lastMs });

describe('Exporter', () => {
  it('tells a flow when it is silent, when it goes on for long, and at the end', () => {
    const { round, records, finish, exporter } = setUp();
    round(1_000, flow(1, 5, 100, 900), flow(2, 1, 100, 900));
    expect(records()).toEqual([]);
    round(16_000, flow(1, 7, 100, 15_000), flow(2, 1, 100, 900));
    expect(records()).toEqual([[2, 1, 100, 1]]);
    for (let s = 17; s <= 61; s++) round(s * 1_000, flow(1, 10 + s, 100, s * 1_000), flow(2, 1, 100, 900));
    expect(records().slice(1)).toEqual([[1, 71, 7_100, 2]]);
    round(62_000, flow(1, 75, 100, 61_500), flow(2, 1, 100, 900));
    finish();
    expect(records().slice(2)).toEqual([[1, 4, 400, 4]]);
    expect(exporter.counts).toMatchObject({ records: 3, packets: 76, bytes: 7_600 });
  });

  it('sends templates before the first record, and again', () => {
    const { round, messages, exporter } = setUp();
    round(0);
    expect(messages).toMatchObject([{ records: 0 }]);
    round(29_000);
    expect(messages).toHaveLength(1);
    round(30_000);
    round(-3_600_000); // the clock was set back
    expect(exporter.counts.templates).toBe(3);
  });

  it('keeps what there is no room for, and tells it later', () => {
    const { round, outlet, exporter, records, ledger } = setUp();
    round(0, ...Array.from({ length: 50 }, (_, i) => flow(i + 1, 1, 0, 0)));
    outlet.room = 10;
    round(20_000);
    expect(exporter.counts).toMatchObject({ records: 0, deferred: 1 });
    for (let row = 0; row < ledger.end; row++) ledger.forget(row);
    outlet.room = 1_000;
    round(21_000);
    expect(records()).toHaveLength(50);
  });

  it('tells an evicted flow that can not be kept at once, and counts it where it can not', () => {
    const { outlet, exporter, records, round } = setUp();
    exporter.evicted(flow(9, 3, 0, 0));
    outlet.room = 0;
    exporter.evicted(flow(10, 4, 0, 0));
    outlet.room = 1_000;
    expect(exporter.counts).toMatchObject({ records: 1, packets: 3, lostRecords: 1, lostPackets: 4, lostBytes: 400 });
    round(0);
    expect(() => records()).not.toThrow();
  });

  it('counts what it can not tell at the end', () => {
    const { outlet, exporter, round, finish } = setUp();
    round(0, flow(1, 3, 0, 0), flow(2, 2, 0, 0));
    outlet.room = 1;
    finish();
    expect(exporter.counts).toMatchObject({ records: 0, lostRecords: 2, lostPackets: 5, lostBytes: 500 });
  });
});
