import { spawn, spawnSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { TARGET } from './live-frames.js';
import { alone, beside, median, needRoot, NotHere, type Report } from './result.js';
import { Wire } from './wire.js';

const ROUNDS = 9;
const SECONDS = 2;
const MODES = ['untapped', 'tapped', 'dropping'] as const;

/** TCP by iperf3 through a veth pair whose far end is untapped, tapped, and tapped with a drop list in force (generic XDP, no hit). */
export async function run(report: Report): Promise<void> {
  needRoot();
  if (spawnSync('iperf3', ['--version']).error !== undefined) throw new NotHere('iperf3 is missing (apt-get install iperf3)');
  const wire = new Wire();
  try {
    const rates = new Map<string, number[]>(MODES.map((mode) => [mode, []]));
    for (let round = 0; round < ROUNDS; round++) {
      // Each in another place every time: what drifts meets all of them.
      for (const mode of [...MODES.slice(round % MODES.length), ...MODES.slice(0, round % MODES.length)]) {
        rates.get(mode)?.push(await withTap(wire, mode));
      }
    }
    const of = (mode: string): number => median(rates.get(mode) ?? []);
    for (const [mode, all] of rates) console.log(`${mode}: ${all.map((rate) => rate.toFixed(1)).join(' ')} Gbit/s`);
    report(alone('tap.forward_gbps', of('tapped'), 'Gbit/s', ROUNDS));
    report(beside('tap.forward_ratio', of('tapped'), 'Gbit/s', ROUNDS, 'the same veth untapped', of('untapped')));
    report(beside('tap.forward_drop_ratio', of('dropping'), 'Gbit/s', ROUNDS, 'the same veth untapped', of('untapped')));
  } finally {
    wire.remove();
  }
}

/** Holds the tap in a process inside the namespace while iperf3 runs. */
async function withTap(wire: Wire, mode: string): Promise<number> {
  if (mode === 'untapped') return throughput(wire);
  const script = fileURLToPath(new URL('tap-inside.ts', import.meta.url));
  const [command, args] = wire.inside(wire.b, process.execPath, '--import', 'tsx', script, wire.pinDir, mode);
  const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => holder.once('close', resolve));
  try {
    await said(holder.stdout, ended, 'ready');
    return await throughput(wire);
  } finally {
    holder.stdin.end();
    await ended;
  }
}

/** Gbit/s that arrive. */
async function throughput(wire: Wire): Promise<number> {
  const [command, args] = wire.inside(wire.b, 'iperf3', '-s', '-1', '--forceflush');
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => server.once('close', resolve));
  try {
    await said(server.stdout, ended, 'listening');
    const [client, clientArgs] = wire.inside(wire.a, 'iperf3', '-c', TARGET, '-t', String(SECONDS), '-J', '--connect-timeout', '3000');
    const { stdout } = spawnSync(client, clientArgs, { maxBuffer: 1 << 26 });
    const answer = JSON.parse(stdout.toString()) as { end?: { sum_received?: { bits_per_second?: number } }; error?: string };
    const bits = answer.end?.sum_received?.bits_per_second;
    if (bits === undefined) throw new Error(`iperf3: ${answer.error ?? 'no result'}`);
    return bits / 1e9;
  } finally {
    server.kill();
    await ended;
  }
}

/** Waits for a word on a stream whose process may end instead. */
async function said(stream: Readable, ended: Promise<unknown>, word: string): Promise<void> {
  let text = '';
  const heard = new Promise<boolean>((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(word)) resolve(true);
    });
  });
  if (!(await Promise.race([heard, ended.then(() => false)]))) throw new Error(`a process ended before it said "${word}": ${text}`);
}
