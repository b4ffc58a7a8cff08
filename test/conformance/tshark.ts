import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What every layer of a frame is asked for, in the order in which tshark prints it. */
const FIELDS = {
  ip: ['ip.src', 'ip.dst', 'ip.proto', 'ip.frag_offset', 'ip.id', 'ip.flags.mf'],
  ipv6: ['ipv6.src', 'ipv6.dst', 'ipv6.nxt'],
  'ipv6.hopopts': ['ipv6.hopopts.nxt'],
  'ipv6.routing': ['ipv6.routing.nxt'],
  'ipv6.dstopts': ['ipv6.dstopts.nxt'],
  'ipv6.fraghdr': ['ipv6.fraghdr.nxt', 'ipv6.fraghdr.offset', 'ipv6.fraghdr.ident', 'ipv6.fraghdr.more'],
  ah: ['ah.next_header'],
  tcp: ['tcp.srcport', 'tcp.dstport', 'tcp.flags'],
  udp: ['udp.srcport', 'udp.dstport'],
  sctp: ['sctp.srcport', 'sctp.dstport'],
  icmp: ['icmp.type', 'icmp.code'],
  icmpv6: ['icmpv6.type', 'icmpv6.code'],
  vlan: ['vlan.id'],
  ieee8021ad: ['ieee8021ad.id'],
  vxlan: ['vxlan.vni'],
  geneve: ['geneve.vni'],
} as const;
type Layer = keyof typeof FIELDS;

/** One layer as tshark read it: its fields in the order above; a field that it did not read is missing. */
export interface TsharkLayer {
  readonly name: string;
  readonly fields: readonly string[];
}
export interface TsharkFrame {
  readonly number: number;
  readonly us: number;
  readonly length: number;
  readonly layers: readonly TsharkLayer[];
  readonly communityId: string | undefined;
}

/** Each packet by itself: nothing is put together from several, and no guess goes by an earlier packet. */
const OPTIONS = [
  'ip.defragment:FALSE',
  'ipv6.defragment:FALSE',
  'tcp.desegment_tcp_streams:FALSE',
  'sctp.reassembly:FALSE',
  'ip.check_checksum:FALSE',
];

const PRINT = ['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=;', '-E', 'separator=/t'];
const HEAD = ['frame.number', 'frame.time_epoch', 'frame.len', 'frame.protocols', 'communityid'];

/** Why there is nothing to compare with, or undefined. */
export function whyNoTshark(): string | undefined {
  try {
    execFileSync('tshark', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no tshark (apt-get install tshark)';
  }
}
export const whyNoFolder = (folder: string): string | undefined => (existsSync(folder) ? undefined : `no ${folder}`);

/** A capture as tshark reads it. A capture that is cut off is read as far as it goes. */
export function tsharkFrames(file: string): TsharkFrame[] {
  const names = [...HEAD, ...Object.values(FIELDS).flat()];
  const wanted = names.flatMap((name) => ['-e', name]);
  // Status 2: the capture is cut off, or damaged from some byte on.
  const { stdout, status, error } = spawnSync(
    'tshark',
    ['-n', '-r', file, '--enable-protocol', 'communityid', ...OPTIONS.flatMap((option) => ['-o', option]), ...PRINT, ...wanted],
    { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  if (error !== undefined || (status !== 0 && status !== 2)) throw error ?? new Error(`tshark ended with ${status}`);
  return stdout.split('\n').filter(Boolean).map((line) => frameOf(line, names)); // prettier-ignore
}

function frameOf(line: string, names: readonly string[]): TsharkFrame {
  const cells = line.split('\t');
  const values = new Map(names.map((name, i) => [name, (cells[i] ?? '') === '' ? [] : cells[i]!.split(';')]));
  const next = (name: string): string | undefined => values.get(name)?.shift();
  const [number, time = '', length, protocols = '', communityId] = HEAD.map((name) => next(name));
  const [seconds, fraction = ''] = time.split('.');
  return {
    number: Number(number),
    us: Number(seconds) * 1e6 + Number(fraction.slice(0, 6).padEnd(6, '0')),
    length: Number(length),
    layers: protocols.split(':').map((name) => ({ name, fields: (FIELDS[name as Layer] ?? []).map((field) => next(field) ?? '') })),
    communityId,
  };
}
