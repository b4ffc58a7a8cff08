import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.js';
import { inside } from './inside.js';
import type { Round } from './kernel-inside.js';
import { writePackets } from './packets.js';
import { alone, beside, median, needRoot, type Report } from './result.js';
import { Wire } from './wire.js';
import { dropRate } from './xdp-drop.js';

const ROUNDS = 21;
const REPLAY_ROUNDS = 9;
const FLOWS = 10_000;
const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const PEER = fileURLToPath(new URL('../../../shared/peers/netobserv-bpf_x86_bpfel.o', import.meta.url));
const PEER_NAME = 'netobserv-ebpf-agent tc_ingress_flow_parse';

/**
 * Kernel time a packet by `kernel.bpf_stats_enabled`, net of an empty program on the same hook, of 10,000 flows in random order that arrive
 * as live frames. `tap.cost_ns` = tc ingress with 100,000 watched prefixes + generic XDP with 1,000 drop entries, no hit. Beside it, in
 * the same rounds, netobserv's program. The same once more under tcpreplay, whose every packet is made, sent and received on its own: colder
 * caches, dearer programs. Not in it: what the kernel itself does for generic XDP (forward.ts has it).
 */
export async function run(report: Report): Promise<void> {
  needRoot();
  const scratch = mkdtempSync(join(tmpdir(), 'guardpost-bench-'));
  const stats = readFileSync(STATS, 'utf8').trim();
  const wire = new Wire();
  try {
    const own = [compile('empty.bpf.c', scratch), compile('generate.bpf.c', scratch)];
    const objects = [...own, existsSync(PEER) ? PEER : ''];
    if (!existsSync(PEER)) console.log(`tap.peer_ratio: not measured: no ${PEER}`);
    writeFileSync(STATS, '1');
    tell(
      await inside<Round[]>(wire, 'kernel-inside.ts', [
        wire.pinDir,
        ...objects,
        String(ROUNDS),
        'empty,unlisted,listed,peer,million,strangers,dropping',
      ]),
      report,
    );
    if (spawnSync('tcpreplay', ['--version']).error === undefined) await replayed(wire, objects, scratch, report);
    else console.log('tap.replayed_*: not measured: tcpreplay is missing (apt-get install tcpreplay)');
    await dropRate(wire, own, report);
  } finally {
    writeFileSync(STATS, stats);
    wire.remove();
    rmSync(scratch, { recursive: true });
  }
}

function tell(rounds: readonly Round[], report: Report): void {
  const cost = (name: string, candidate: string, hook: Hook | 'both'): void =>
    report(alone(name, of(rounds, candidate, hook), 'ns', rounds.length));
  cost('tap.tc_cost_ns', 'listed', 'tc');
  cost('tap.xdp_cost_ns', 'listed', 'xdp');
  cost('tap.cost_ns', 'listed', 'both');
  cost('tap.cost_unlisted_ns', 'unlisted', 'both');
  cost('tap.cost_1m_ns', 'million', 'both');
  cost('tap.cost_new_flow_1m_ns', 'strangers', 'both');
  cost('tap.xdp_drop_ns', 'dropping', 'xdp');
  besidePeer('tap.peer_ratio', rounds, report);
  console.log(
    'live frames; tap.cost_ns: 100,000 watched prefixes and 1,000 drop entries in force; _unlisted: no watch list; _1m: 1,000,000;',
  );
  console.log('_new_flow_1m: every packet another flow, so each is looked up in the million and evicts a flow');
  console.log('tap.xdp_drop_ns: what XDP takes for a packet that it drops');
  tellEmpty(rounds);
}

async function replayed(wire: Wire, objects: readonly string[], scratch: string, report: Report): Promise<void> {
  const file = join(scratch, 'flows.pcap');
  const packets = writePackets(file, FLOWS, 5);
  const command = `nsenter --net=/run/netns/${wire.a} tcpreplay -q -t -K -i a0 ${file}`;
  const rounds = await inside<Round[]>(wire, 'kernel-inside.ts', [
    wire.pinDir,
    ...objects,
    String(REPLAY_ROUNDS),
    'empty,listed,peer',
    command,
    String(packets),
  ]);
  report(alone('tap.replayed_cost_ns', of(rounds, 'listed', 'both'), 'ns', rounds.length));
  besidePeer('tap.replayed_peer_ratio', rounds, report);
  console.log('tcpreplay; the same lists');
  tellEmpty(rounds);
}

function besidePeer(name: string, rounds: readonly Round[], report: Report): void {
  const peer = of(rounds, 'peer', 'tc');
  if (!Number.isNaN(peer)) report(beside(name, of(rounds, 'listed', 'both'), 'ns', rounds.length, PEER_NAME, peer));
}

function tellEmpty(rounds: readonly Round[]): void {
  const [tc, xdp] = [taken(rounds, 'empty', 'tc'), taken(rounds, 'empty', 'xdp')];
  console.log(`taken off: an empty tc program, ${tc.toFixed(0)} ns, and an empty XDP program, ${xdp.toFixed(0)} ns`);
}

type Hook = 'tc' | 'xdp';

const taken = (rounds: readonly Round[], name: string, hook: Hook): number => median(rounds.map((round) => round[name]?.[hook] ?? NaN));

/** Net of the empty program on the same hook. */
function of(rounds: readonly Round[], name: string, hook: Hook | 'both'): number {
  if (hook === 'both') return of(rounds, name, 'tc') + of(rounds, name, 'xdp');
  return taken(rounds, name, hook) - taken(rounds, 'empty', hook);
}
