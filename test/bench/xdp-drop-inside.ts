import { spawnSync } from 'node:child_process';
import { parsePrefix } from '@guardpost/contracts';
import { EbpfTap, listInterfaces, type DropEntry } from '../../libs/bpf/src/index.js';
import { BpfObject } from '../../libs/bpf/src/libbpf/bpf-object.js';
import { attachTcx } from '../../libs/bpf/src/libbpf/links.js';
import { TARGET } from './live-frames.js';
import { unmatchedPrefixes } from './prefixes.js';
import { runsOf } from './program-runs.js';
import { liveFrames } from './source.js';

/** Runs inside namespace B, for xdp-drop.ts: has every packet dropped by generic XDP, by one program and by the other, and prints drops a second. */
const [pinDir = '', emptyObject = '', generatorObject = '', rounds = '', peer = ''] = process.argv.slice(2);
const FLOWS = 10_000;
const LOTS = 8;
const OTHERS = 1_000_000;

/** Drops a second, of each round. */
export interface Drops {
  readonly ours: number[];
  readonly peer: number[];
}

const ifindex = listInterfaces().find((i) => i.name === 'b0')?.ifindex ?? 0;
const source = liveFrames(generatorObject, ifindex);
const behind = new BpfObject(emptyObject).load().program('empty_tc');
attachTcx(behind, ifindex, 'ingress');

/** Throws where packets came through to the hook behind (counted while kernel.bpf_stats_enabled is 1). */
function rate(): number {
  source.send(FLOWS);
  const before = runsOf(behind).runs;
  const start = performance.now();
  for (let i = 0; i < LOTS; i++) source.send(FLOWS);
  const seconds = (performance.now() - start) / 1_000;
  const through = runsOf(behind).runs - before;
  if (through > 10) throw new Error(`${through} packets came through`);
  return (LOTS * source.lot) / seconds;
}

const tap = new EbpfTap({ pinDir, interfaces: () => on, maxDrops: 1 << 20 });
let on = false;
async function ours(): Promise<number> {
  on = true;
  await tap.sync();
  const dropped = rate();
  on = false;
  await tap.sync();
  return dropped;
}

function filter(...args: string[]): void {
  const { status, stderr } = spawnSync('xdp-filter', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`xdp-filter ${args.join(' ')}: ${stderr}`);
}
function theirs(): number {
  filter('load', '-m', 'skb', '-f', 'ipv4', 'b0');
  try {
    filter('ip', '-m', 'dst', TARGET);
    return rate();
  } finally {
    filter('unload', 'b0');
  }
}

try {
  const target = parsePrefix(TARGET);
  if (target === undefined) throw new Error(TARGET);
  await tap.start(() => undefined);
  const drops = [target, ...unmatchedPrefixes(OTHERS)].map((prefix, i): DropEntry => ({ id: `e${i}`, prefix, expiresBootNs: 2n ** 62n }));
  await tap.setDrops(drops, []);
  const result: Drops = { ours: [], peer: [] };
  for (let round = 0; round < Number(rounds); round++) {
    // First the one, then the other: what drifts meets both.
    if (peer !== '' && round % 2 === 1) result.peer.push(theirs());
    result.ours.push(await ours());
    if (peer !== '' && round % 2 === 0) result.peer.push(theirs());
  }
  console.log(JSON.stringify(result));
} finally {
  await tap.remove();
}
process.exit(0);
