import type { MitigationDetail } from '@guardpost/contracts';

const say = (text = ''): void => void process.stdout.write(`${text}\n`);
export const chapter = (title: string): void => say(`\n\u001b[1m${title}\u001b[0m`);
export const tell = (text: string): void => say(`  ${text}`);

const clock = (us: number): string => new Date(us / 1000).toISOString().slice(11, 23);

/** The path of the first packet, a line each point: when, and how long after the packet. */
export function tellTrace({ trace }: MitigationDetail): void {
  const points: [string, keyof typeof trace][] = [
    ['first packet met by the tap', 'firstPacket'],
    ['detection signed and queued', 'queued'],
    ['taken from the queue', 'received'],
    ['decided, written to the ledger', 'decided'],
    ['accepted by ONOS', 'accepted'],
    ['confirmed in the switch', 'confirmed'],
    ['first drop counted in the switch', 'firstHit'],
  ];
  for (const [label, name] of points) {
    const { at, sinceFirstMs } = trace[name];
    tell(`${label.padEnd(36)} ${at === null ? '—' : clock(at)}  ${sinceFirstMs === null ? '' : `+${sinceFirstMs.toFixed(1)} ms`}`);
  }
}
