import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BpfObject } from '../libbpf/bpf-object.js';
import { testRun } from '../libbpf/test-run.js';
import * as f from '../testing/frames.js';
import { buildObjects, loadTap, whyNoKernel } from '../testing/kernel.js';
import { columnsOf } from './columns-of.js';
import { NAMES, type FlowColumns } from './flow-columns.js';
import { FlowTable } from './flow-table.js';
import { Jiffies } from './jiffies.js';

const { TYPE, PROTO } = f;
const reason = whyNoKernel();

describe.skipIf(reason !== undefined)(`flows as columns${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let tap: BpfObject;
  let table: FlowTable;

  beforeAll(() => {
    buildObjects();
    tap = loadTap();
    table = new FlowTable(tap);
  });
  afterAll(() => {
    table.close();
    tap.close();
  });

  /** Rows as text, in an order that does not depend on the table's. */
  const rowsOf = (columns: FlowColumns): string[] =>
    Array.from({ length: columns.count }, (_, row) =>
      JSON.stringify(
        NAMES.map((name) => (name === 'src' || name === 'dst' ? [...columns[name].subarray(4 * row, 4 * row + 4)] : columns[name][row])),
      ),
    ).sort();

  it('hold what objects hold, of every kind of flow', () => {
    const inner = f.ipv4({ src: '198.51.100.7', dst: '10.0.0.9', proto: PROTO.tcp }, f.tcp(80, 65535, 0x12));
    const frames = [
      f.tcp4('255.254.253.252', 1, '0.0.0.1', 65535, 0x18),
      f.tcp6('2001:db8::ffff:1', 40000, 'fd00::1', 443),
      f.udp4('10.0.0.1', 53, '10.0.0.2', 5353),
      f.ethernet(TYPE.ipv4, f.ipv4({ src: '10.0.0.1', dst: '10.0.0.2', proto: PROTO.icmp }, f.icmp(8, 3))),
      f.ethernet(TYPE.ipv4, f.ipv4({ src: '10.0.0.1', dst: '10.0.0.2', proto: PROTO.icmp }, f.icmp(0, 0))),
      f.ethernet(TYPE.ipv6, f.ipv6('fe80::1', 'ff02::1', PROTO.icmp6, f.icmp(135))),
      f.ethernet(TYPE.qinq, f.tag(4095, TYPE.vlan, f.tag(0, TYPE.ipv4, inner))),
      f.overVxlan(0, f.ethernet(TYPE.ipv4, inner)),
      f.overVxlan(0xffffff, f.ethernet(TYPE.ipv4, inner)),
      f.ethernet(TYPE.ipv4, f.ipv4({ src: '10.0.0.1', dst: '10.0.0.2', proto: PROTO.gre }, Buffer.alloc(0))),
    ];
    frames.forEach((frame, i) => testRun(tap.program(i % 2 === 0 ? 'tap_ingress' : 'tap_egress'), frame, { repeat: i + 1 }));
    const jiffies = Jiffies.read(tap);
    const columns = table.columns(jiffies, false);
    expect(columns.count).toBe(frames.length);
    expect(rowsOf(columns)).toEqual(rowsOf(columnsOf(table.read({ jiffies, nameOf: String }, false))));
    expect(table.columns(jiffies, true).count).toBe(0);
  });

  it('grow to what there is', () => {
    for (let i = 0; i < 5_000; i++) testRun(tap.program('tap_ingress'), f.tcp4('192.0.2.1', i + 1, '192.0.2.2', 80));
    const jiffies = Jiffies.read(tap);
    const samples = table.read({ jiffies, nameOf: String }, false);
    expect(samples.length).toBeGreaterThan(4_000);
    expect(rowsOf(table.columns(jiffies, false))).toEqual(rowsOf(columnsOf(samples)));
  });
});
