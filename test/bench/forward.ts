import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { alone, beside, median, type Report } from './result.js';
import { Wire } from './wire.js';

const ROUNDS = 5;
const SECONDS = 2;
const MODES = ['untapped', 'tapped', 'dropping'] as const;

/** TCP by iperf3 through a veth pair whose far end is untapped, tapped, and tapped with a drop list in force (generic XDP, no hit). */
export async function run(report: Report): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('root is needed for namespaces');
  const wire = new Wire();
  try {
    const rates = new Map<string, number[]>(MODES.map((mode) => [mode, []]));
    for (let round = 0; round < ROUNDS; round++) for (const mode of MODES) rates.get(mode)?.push(await withTap(wire, mode));
    const of = (mode: string): number => median(rates.get(mode) ?? []);
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
  const [command, args] = wire.inside(wire.b, process.execPath, '--import', 'tsx', script, mode);
  const holder = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('exit', (code) => reject(new Error(`the tap ended with ${code}`)));
  });
  const rate = throughput(wire);
  holder.removeAllListeners('exit');
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  holder.stdin.end();
  await ended;
  return rate;
}

/** Gbit/s that arrive. */
function throughput(wire: Wire): number {
  const [server, serverArgs] = wire.inside(wire.b, 'iperf3', '-s', '-1', '-D');
  spawnSync(server, serverArgs, { stdio: 'ignore' });
  const [client, clientArgs] = wire.inside(wire.a, 'iperf3', '-c', '10.99.0.2', '-t', String(SECONDS), '-J', '--connect-timeout', '3000');
  const { stdout } = spawnSync(client, clientArgs, { maxBuffer: 1 << 26 });
  const answer = JSON.parse(stdout.toString()) as { end?: { sum_received?: { bits_per_second?: number } }; error?: string };
  const bits = answer.end?.sum_received?.bits_per_second;
  if (bits === undefined) throw new Error(`iperf3: ${answer.error ?? 'no result'}`);
  return bits / 1e9;
}
