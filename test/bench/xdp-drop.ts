import { spawnSync } from 'node:child_process';
import { inside } from './inside.js';
import { alone, beside, median, type Report } from './result.js';
import type { Wire } from './wire.js';
import type { Drops } from './xdp-drop-inside.js';

const ROUNDS = 9;

/** Drops a second by generic XDP with a drop list of 1,000,001 prefixes beside xdp-filter with one rule, the making of the packets on the same CPU included: the whole of what a flood costs, on either side. */
export async function dropRate(wire: Wire, objects: readonly string[], report: Report): Promise<void> {
  const withPeer = spawnSync('xdp-filter', ['--version']).error === undefined;
  const drops = await inside<Drops>(wire, 'xdp-drop-inside.ts', [wire.pinDir, ...objects, String(ROUNDS), withPeer ? 'xdp-filter' : '']);
  const ours = median(drops.ours);
  report(alone('tap.xdp_drops_per_s', ours, '/s', ROUNDS));
  if (withPeer) report(beside('tap.xdp_drop_ratio', ours, '/s', ROUNDS, 'xdp-filter (xdp-tools)', median(drops.peer)));
  else console.log('tap.xdp_drop_ratio: not measured: xdp-filter is missing (apt-get install xdp-tools)');
}
