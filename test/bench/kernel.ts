import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePackets } from './packets.js';
import { alone, beside, median, type Report } from './result.js';
import { Wire } from './wire.js';

const FLOWS = 10_000;
const ROUNDS = 5;
const LOOPS = 4;
const STATS = '/proc/sys/kernel/bpf_stats_enabled';
const PEER = fileURLToPath(new URL('../../../shared/peers/netobserv-bpf_x86_bpfel.o', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Taken {
  readonly name: string;
  readonly ns: number;
  readonly packets: number;
}

/**
 * Kernel time a packet by `kernel.bpf_stats_enabled`, net of an empty program on the same hook, under tcpreplay at full speed with 10,000
 * flows in scattered order: our tap with 100,000 watched prefixes, and XDP with a drop list in force, both without a hit. Beside it,
 * in the same rounds, netobserv's program.
 */
export async function run(report: Report): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('root is needed to load programs');
  const scratch = mkdtempSync(join(tmpdir(), 'guardpost-bench-'));
  const stats = readFileSync(STATS, 'utf8').trim();
  const wire = new Wire();
  try {
    writeFileSync(STATS, '1');
    const multiarch = execFileSync('gcc', ['-print-multiarch']).toString().trim();
    execFileSync('clang', [
      '-O2',
      '-g',
      '-target',
      'bpf',
      '-mcpu=v3',
      `-I/usr/include/${multiarch}`,
      '-c',
      here('empty.bpf.c'),
      '-o',
      join(scratch, 'empty.bpf.o'),
    ]);
    const packets = writePackets(join(scratch, 'flows.pcap'), FLOWS, 5);
    const send = `nsenter --net=/run/netns/${wire.a} tcpreplay -q -t -K -i a0 --loop=${LOOPS} ${join(scratch, 'flows.pcap')}`;
    const peer = existsSync(PEER) ? PEER : '';
    const rows = await inside(wire, ['/sys/fs/bpf/guardpost-bench', join(scratch, 'empty.bpf.o'), peer, String(ROUNDS), send]);
    const of = (name: string): number => median(rows.map((row) => row.find((t) => t.name === name)?.ns ?? NaN));
    const tap = of('tap_ingress') - of('empty_tc');
    const xdp = of('drop_generic') - of('empty_xdp');
    console.log(`${packets * LOOPS} packets a round; empty tc ${of('empty_tc').toFixed(0)} ns, empty xdp ${of('empty_xdp').toFixed(0)} ns`);
    report(alone('tap.tc_cost_ns', tap, 'ns', rows.length));
    report(alone('tap.xdp_cost_ns', xdp, 'ns', rows.length));
    report(alone('tap.cost_ns', tap + xdp, 'ns', rows.length));
    if (peer === '') console.log('tap.peer_ratio: not measured, netobserv-ebpf-agent´s object is not at hand');
    else
      report(
        beside(
          'tap.peer_ratio',
          tap + xdp,
          'ns',
          rows.length,
          'netobserv-ebpf-agent tc_ingress_flow_parse',
          of('tc_ingress_flow_parse') - of('empty_tc'),
        ),
      );
  } finally {
    writeFileSync(STATS, stats);
    wire.remove();
    rmSync(scratch, { recursive: true });
  }
}

function inside(wire: Wire, args: string[]): Promise<Taken[][]> {
  const [command, rest] = wire.inside(wire.b, process.execPath, '--import', 'tsx', here('kernel-inside.ts'), ...args);
  return new Promise((resolve, reject) => {
    let out = '';
    const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.on('exit', (code) =>
      code === 0 ? resolve(JSON.parse(out) as Taken[][]) : reject(new Error(`the measuring process ended with ${code}`)),
    );
  });
}
