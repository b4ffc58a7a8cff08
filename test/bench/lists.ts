import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpus } from 'node:os';
import { EbpfTap, type DropEntry, type WatchEntry } from '../../libs/bpf/src/index.js';
import { testRun } from '../../libs/bpf/src/libbpf/test-run.js';
import { loadPinned } from '../../libs/bpf/src/pins/load-pinned.js';
import { ethernet, ipv4, ipv6, PROTO, TYPE } from '../../libs/bpf/src/testing/frames.js';
import { unmatchedPrefixes } from './prefixes.js';
import { alone, median, needRoot, type Report } from './result.js';

const MILLION = 1_000_000;
const LOADS = 5;
const DROPS = 1_000;
const FLOWS = 100_000;
const READINGS = 15;

/** What the process of the tap takes for lists and flows. It is attached nowhere: the kernel's side is kernel.ts. */
export async function run(report: Report): Promise<void> {
  needRoot();
  const pinDir = `/sys/fs/bpf/guardpost-bench-${randomBytes(2).toString('hex')}`;
  const tap = new EbpfTap({ pinDir, interfaces: () => false });
  try {
    await tap.start(() => undefined);
    await watchList(tap, report);
    await dropList(tap, report);
    await flows(tap, pinDir, report);
  } finally {
    await tap.remove();
  }
}

/** Until the kernel looks addresses up in the new list, and in the old one no more. A list is built and swapped whole, so one more entry costs a load. */
async function watchList(tap: EbpfTap, report: Report): Promise<void> {
  const [extra, ...rest] = unmatchedPrefixes(MILLION + 1).map((prefix, i): WatchEntry => ({ rule: i + 1, prefix }));
  const hundredThousand = rest.slice(0, MILLION / 10);
  const loads = await timed(LOADS, () => tap.setWatch(rest));
  report(alone('list.load_1m_s', median(loads) / 1_000, 's', LOADS));
  if (extra === undefined) return;
  const add = async (list: readonly WatchEntry[]): Promise<number> => {
    await tap.setWatch(list);
    const [ms = NaN] = await timed(1, () => tap.setWatch([...list, extra]));
    return ms;
  };
  report(alone('list.add_one_ms', median(await repeated(LOADS, () => add(rest))), 'ms', LOADS));
  report(alone('list.add_one_100k_ms', median(await repeated(LOADS, () => add(hundredThousand))), 'ms', LOADS));
  console.log('list.add_one_ms: to 1,000,000 entries in force; _100k: to 100,000');
}

async function dropList(tap: EbpfTap, report: Report): Promise<void> {
  const entries = unmatchedPrefixes(DROPS + READINGS).map((prefix, i): DropEntry => ({ id: `e${i}`, prefix, expiresBootNs: 2n ** 62n }));
  await tap.setDrops(entries.slice(0, DROPS), []);
  let length = DROPS;
  report(alone('drops.add_one_ms', median(await timed(READINGS, () => tap.setDrops(entries.slice(0, ++length), []))), 'ms', READINGS));
  console.log(`drops.add_one_ms: to ${DROPS} entries in force`);
}

/** Fills the tables of all CPUs by the program itself: IPv4 and IPv6, as 100,000 of one kind are more than two CPUs have slots for. */
async function flows(tap: EbpfTap, pinDir: string, report: Report): Promise<void> {
  const same = loadPinned(pinDir); // over the same maps
  const last = cpus().length - 1;
  try {
    const program = same.tap.program('tap_ingress');
    let next = 0;
    for (let cpu = 0, held = 0; held < FLOWS; cpu = cpu === last ? 0 : cpu + 1) {
      onCpus(String(cpu));
      for (let i = 0; i < 5_000; i++) testRun(program, frameOf(next++));
      held = tap.flows().length;
      if (next > 3 * FLOWS) throw new Error(`${held} of ${FLOWS} flows found a place`);
    }
  } finally {
    onCpus(`0-${last}`);
    same.tap.close();
    same.drop.close();
  }
  let read = 0;
  const all = await timed(READINGS, () => (read = tap.flows().length));
  report(alone('flows.drain_100k_ms', median(all), 'ms', READINGS));
  const columns = await timed(READINGS, () => (read = tap.flowColumns().count));
  report(alone('flows.columns_100k_ms', median(columns), 'ms', READINGS));
  report(alone('flows.scan_100k_ms', median(await timed(READINGS, () => tap.flows({ matchedOnly: true }))), 'ms', READINGS));
  console.log(
    `flows.drain_100k_ms: ${read} flows, each decoded to an object; columns: without objects; scan: those that matched only, which were none`,
  );
}

function frameOf(i: number): Buffer {
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(1_024 + (i % 60_000), 0);
  tcp.writeUInt16BE(443, 2);
  tcp[12] = 0x50;
  const [high, low] = [(i >> 8) & 0xff, i & 0xff];
  return i % 2 === 0
    ? ethernet(TYPE.ipv4, ipv4({ src: `10.${i >> 16}.${high}.${low}`, dst: '10.99.0.2', proto: PROTO.tcp }, tcp))
    : ethernet(TYPE.ipv6, ipv6(`2001:db8::${i.toString(16).padStart(8, '0').replace(/^.{4}/, '$&:')}`, '2001:db8::2', PROTO.tcp, tcp));
}

/** The main thread alone: it is the one that runs the program. */
const onCpus = (cpus: string): void => void execFileSync('taskset', ['-pc', cpus, String(process.pid)], { stdio: 'ignore' });

async function repeated(times: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < times; i++) values.push(await measure());
  return values;
}

const timed = (times: number, task: () => unknown): Promise<number[]> =>
  repeated(times, async () => {
    const start = performance.now();
    await task();
    return performance.now() - start;
  });
