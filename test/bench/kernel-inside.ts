import { parsePrefix } from '@guardpost/contracts';
import { EbpfTap, listInterfaces, type DropEntry } from '../../libs/bpf/src/index.js';
import { BpfObject } from '../../libs/bpf/src/libbpf/bpf-object.js';
import { attachTcx, attachXdp, closeFd } from '../../libs/bpf/src/libbpf/links.js';
import { loadPinned } from '../../libs/bpf/src/pins/load-pinned.js';
import { TARGET } from './live-frames.js';
import { unmatchedPrefixes } from './prefixes.js';
import { runsOf, type Runs } from './program-runs.js';
import { liveFrames, replay } from './source.js';

/** Runs inside namespace B, for kernel.ts: attaches one candidate after another, sends packets through it, and prints what each took. */
const [pinDir = '', emptyObject = '', generatorObject = '', peerObject = '', rounds = '', wanted = '', command = '', lot = ''] =
  process.argv.slice(2);
const FLOWS = 10_000;
const PACKETS = 100_000;
const DROPS = 1_000;
const SCHED_CLS = 3;
const HUGE = 1 << 24;

/** ns a packet. */
export interface Taken {
  readonly tc: number | null;
  readonly xdp: number | null;
}
export type Round = Readonly<Record<string, Taken>>;

interface Candidate {
  readonly tc?: number;
  readonly xdp?: number;
  readonly flows: number;
  /** Evicted flows are to be taken out of their ring, which holds more than one lot. */
  readonly afterLot?: () => void;
}

const ifindex = listInterfaces().find((i) => i.name === 'b0')?.ifindex ?? 0;
const source = command === '' ? liveFrames(generatorObject, ifindex) : replay(command, Number(lot));
const taps: EbpfTap[] = [];

/** Our programs with `watched` prefixes and a drop list in force, none of which matches but `alsoDropped`. They are attached here, as the tap does it on a veth. */
async function ours(watched: number, alsoDropped: readonly string[] = []): Promise<{ tap: EbpfTap; tc: number; xdp: number }> {
  const pins = `${pinDir}-${taps.length}`;
  const tap = new EbpfTap({ pinDir: pins, interfaces: () => false });
  taps.push(tap);
  await tap.start(() => {
    throw new Error('a packet matched the watch list');
  });
  if (watched > 0) await tap.setWatch(unmatchedPrefixes(watched).map((prefix, i) => ({ rule: i + 1, prefix })));
  const dropped = [...unmatchedPrefixes(DROPS), ...alsoDropped.map(parsePrefix).filter((prefix) => prefix !== undefined)];
  const drops = dropped.map((prefix, i): DropEntry => ({ id: `e${i}`, prefix, expiresBootNs: 2n ** 62n }));
  await tap.setDrops(drops, []);
  const same = loadPinned(pins); // over the same maps
  return { tap, tc: same.tap.program('tap_ingress'), xdp: same.drop.program('drop_generic') };
}

function peer(): Candidate | undefined {
  if (peerObject === '') return undefined;
  const object = new BpfObject(peerObject);
  object.load({
    only: ['tc_ingress_flow_parse'],
    programTypes: { tc_ingress_flow_parse: SCHED_CLS },
    maxEntries: Object.fromEntries([...object.mapShapes()].filter(([, m]) => m.maxEntries === HUGE).map(([name]) => [name, 1 << 17])),
  });
  return { tc: object.program('tc_ingress_flow_parse'), flows: FLOWS };
}

function measure({ tc, xdp, flows, afterLot }: Candidate): Taken {
  const links = [
    ...(tc === undefined ? [] : [attachTcx(tc, ifindex, 'ingress')]),
    ...(xdp === undefined ? [] : [attachXdp(xdp, ifindex, 'generic')]),
  ];
  const send = (packets: number): void => {
    for (let sent = 0; sent < packets; sent += source.lot) {
      source.send(flows);
      afterLot?.();
    }
  };
  const reading = (): (Runs | undefined)[] => [tc, xdp].map((program) => (program === undefined ? undefined : runsOf(program)));
  send(source.lot); // all flows are known before it counts
  const before = reading();
  send(PACKETS);
  const after = reading();
  links.forEach(closeFd);
  const [ofTc, ofXdp] = after.map((now, i) => perPacket(before[i], now));
  return { tc: ofTc ?? null, xdp: ofXdp ?? null };
}

function perPacket(before: Runs | undefined, after: Runs | undefined): number | undefined {
  if (before === undefined || after === undefined) return undefined;
  const packets = after.runs - before.runs;
  // A few of neighbour discovery may come between.
  if (packets < PACKETS || packets > PACKETS * 1.001) throw new Error(`${packets} of ${PACKETS} packets were seen`);
  return (after.ns - before.ns) / packets;
}

/** By name, in the order of the command line; only those are loaded. */
async function candidatesFor(names: readonly string[]): Promise<Record<string, Candidate>> {
  const empty = new BpfObject(emptyObject).load();
  const million = names.includes('million') || names.includes('strangers') ? await ours(1_000_000) : undefined;
  const made: Record<string, () => Promise<Candidate> | Candidate | undefined> = {
    empty: () => ({ tc: empty.program('empty_tc'), xdp: empty.program('empty_xdp'), flows: FLOWS }),
    unlisted: async () => ({ ...(await ours(0)), flows: FLOWS }),
    listed: async () => ({ ...(await ours(100_000)), flows: FLOWS }),
    peer,
    dropping: async () => ({ xdp: (await ours(0, [TARGET])).xdp, flows: FLOWS }),
    million: () => million && { ...million, flows: FLOWS },
    strangers: () => million && { ...million, flows: 0, afterLot: () => void million.tap.flows({ matchedOnly: true }) },
  };
  const candidates: Record<string, Candidate> = {};
  for (const name of names) {
    const candidate = await made[name]?.();
    if (candidate !== undefined) candidates[name] = candidate;
  }
  return candidates;
}

try {
  const candidates = await candidatesFor(wanted.split(','));
  const names = Object.keys(candidates);
  const all: Round[] = [];
  for (let round = 0; round <= Number(rounds); round++) {
    const row: Record<string, Taken> = {};
    // Each in another place every time: what drifts or lingers meets all of them.
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length] ?? '';
      const candidate = candidates[name];
      if (candidate !== undefined) row[name] = measure(candidate);
    }
    if (round > 0) all.push(row); // the first one warms up
  }
  console.log(JSON.stringify(all));
} finally {
  for (const tap of taps) await tap.remove();
}
process.exit(0);
