import type { CaptureCounts } from '@guardpost/bpf/file';

export interface Problem {
  readonly file: string;
  readonly message: string;
}
export interface Summary extends CaptureCounts {
  readonly detections: number;
  /** Not reported, by reason. */
  readonly suppressed: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
  readonly seconds: number;
  readonly packetsPerSecond: number;
}

const number = (n: number): string => Math.round(n).toLocaleString('en-US');

/** For people: one count a line, those that are 0 left out but for the first three. */
export function summaryText(s: Summary): string {
  const lines: [string, number][] = [
    ['packets', s.packets],
    ['bytes', s.bytes],
    ['flows', s.flows],
    ['packets in no flow', s.otherPackets],
    ...Object.entries(s.unknownLink).map(([type, n]): [string, number] => [`  of link type ${type}, which is not read`, n]),
    ['tunnelled', s.tunnelled],
    ['later fragments', s.laterFragments],
    ['  without their first', s.strayFragments],
    ...Object.entries(s.faults),
    ['detections', s.detections],
    ...Object.entries(s.suppressed).map(([reason, n]): [string, number] => [`not reported (${reason})`, n]),
    ['packets/s', s.packetsPerSecond],
  ];
  const shown = lines.filter(([, n], i) => i < 3 || n > 0);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, n]) => `${name.padEnd(width)}  ${number(n)}\n`).join('');
}
