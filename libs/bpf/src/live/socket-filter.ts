import { PORT_PROTOCOLS, wordsOf, type PacketMatch } from './packet-match.js';

/** Classic BPF (Documentation/networking/filter.rst): opcodes that are needed here. */
const OP = {
  ldw: 0x20,
  ldh: 0x28,
  ldb: 0x30,
  ldhX: 0x48,
  ldxIpLength: 0xb1,
  and: 0x54,
  jeq: 0x15,
  jset: 0x45,
  ja: 0x05,
  ret: 0x06,
} as const;
const TYPE = { ipv4: 0x0800, ipv6: 0x86dd } as const;
/** What follows a header of these may be what is asked for: left to the exact match. GRE, IP in IP, IPv6 in IP, authentication. */
const TUNNELS = [47, 4, 41, 51];
const TUNNEL_PORTS = [4789, 6081];
/** Next headers behind which an IPv6 packet has its ports at once, or none. */
const PLAIN6 = [...PORT_PROTOCOLS, 58];
const FRAGMENT_OFFSET = 0x1fff;

/** By family: `v` where its header begins, `m` what is asked of it, `b` its second address, `a` behind the addresses, `p` the ports. */
type Label = 'pass' | 'reject' | 'next' | `${'v' | 'm' | 'b' | 'a' | 'p'}${4 | 6}`;
interface Instruction {
  readonly op: number;
  readonly k: number;
  readonly yes: Label;
  readonly no: Label;
}

/** Writes jumps by name. */
class Program {
  private readonly code: Instruction[] = [];
  private readonly labels = new Map<Label, number>();

  add(op: number, k: number, yes: Label = 'next', no: Label = 'next'): this {
    this.code.push({ op, k, yes, no });
    return this;
  }
  at(label: Label): this {
    this.labels.set(label, this.code.length);
    return this;
  }

  /** Throws RangeError where a jump is too far. */
  bytes(): Buffer {
    const out = Buffer.alloc(8 * this.code.length);
    for (const [i, { op, k, yes, no }] of this.code.entries()) {
      const [jt, jf] = [this.distance(i, yes), this.distance(i, no)];
      out.writeUInt16LE(op, 8 * i);
      out.writeUInt8(op === OP.ja ? 0 : jt, 8 * i + 2);
      out.writeUInt8(op === OP.ja ? 0 : jf, 8 * i + 3);
      out.writeUInt32LE((op === OP.ja ? jt : k) >>> 0, 8 * i + 4);
    }
    return out;
  }

  private distance(from: number, label: Label): number {
    if (label === 'next') return 0;
    const to = this.labels.get(label);
    if (to === undefined) throw new RangeError(`no label ${label}`);
    return to - from - 1;
  }
}

/**
 * A filter for the kernel that lets every frame pass that `match` may want, and few others: the exact match, which knows tunnels, comes
 * after it. `snapLength` bytes of each are kept. Of a frame whose IP header it can't find at once it knows nothing, and lets it pass.
 */
export function socketFilter(match: PacketMatch, snapLength: number): Buffer {
  const program = new Program();
  if (match.prefix === undefined && match.proto === undefined && match.port === undefined) return program.add(OP.ret, snapLength).bytes();
  program.add(OP.ldh, 12).add(OP.jeq, TYPE.ipv4, 'v4').add(OP.jeq, TYPE.ipv6, 'v6', 'pass');
  ipv4(program, match);
  ipv6(program, match);
  return program.at('pass').add(OP.ret, snapLength).at('reject').add(OP.ret, 0).bytes();
}

const [PROTO4, FRAGMENT4, LENGTH4] = [23, 20, 14];

function ipv4(program: Program, { prefix, proto, port }: PacketMatch): void {
  program.at('v4').add(OP.ldb, PROTO4);
  for (const tunnel of TUNNELS) program.add(OP.jeq, tunnel, 'pass');
  program.add(OP.jeq, 17, 'next', 'm4').add(OP.ldh, FRAGMENT4).add(OP.jset, FRAGMENT_OFFSET, 'm4').add(OP.ldxIpLength, LENGTH4);
  program.add(OP.ldhX, 16);
  for (const tunnel of TUNNEL_PORTS) program.add(OP.jeq, tunnel, 'pass');
  program.at('m4');
  protocol(program, proto, PROTO4);
  addresses(program, prefix, 4, [26, 30]);
  program.at('a4');
  if (port === undefined) program.add(OP.ja, 0, 'pass');
  else {
    program.add(OP.ldb, PROTO4);
    for (const one of PORT_PROTOCOLS.slice(1)) program.add(OP.jeq, one, 'p4');
    program.add(OP.jeq, PORT_PROTOCOLS[0]!, 'p4', 'reject').at('p4');
    program.add(OP.ldh, FRAGMENT4).add(OP.jset, FRAGMENT_OFFSET, 'reject').add(OP.ldxIpLength, LENGTH4);
    program.add(OP.ldhX, 14).add(OP.jeq, port, 'pass').add(OP.ldhX, 16).add(OP.jeq, port, 'pass', 'reject');
  }
}

const NEXT6 = 20;

function ipv6(program: Program, { prefix, proto, port }: PacketMatch): void {
  program.at('v6').add(OP.ldb, NEXT6);
  for (const plain of PLAIN6.slice(1)) program.add(OP.jeq, plain, 'p6');
  program.add(OP.jeq, PLAIN6[0]!, 'next', 'pass').at('p6');
  program.add(OP.jeq, 17, 'next', 'm6').add(OP.ldh, 56);
  for (const tunnel of TUNNEL_PORTS) program.add(OP.jeq, tunnel, 'pass');
  program.at('m6');
  protocol(program, proto, NEXT6);
  addresses(program, prefix, 6, [22, 38]);
  program.at('a6');
  if (port === undefined) program.add(OP.ja, 0, 'pass');
  else {
    program.add(OP.ldb, NEXT6).add(OP.jeq, 58, 'reject');
    program.add(OP.ldh, 54).add(OP.jeq, port, 'pass').add(OP.ldh, 56).add(OP.jeq, port, 'pass', 'reject');
  }
}

function protocol(program: Program, proto: number | undefined, at: number): void {
  if (proto !== undefined) program.add(OP.ldb, at).add(OP.jeq, proto, 'next', 'reject');
}

/** Goes on at `a4` or `a6` where one of the two addresses is in the prefix. */
function addresses(program: Program, prefix: PacketMatch['prefix'], family: 4 | 6, offsets: readonly [number, number]): void {
  if (prefix === undefined) return;
  if (prefix.family !== family) {
    program.add(OP.ja, 0, 'reject');
    return;
  }
  const words = wordsOf(prefix).filter(({ mask }) => mask !== 0);
  for (const [offset, otherwise] of [
    [offsets[0], `b${family}`],
    [offsets[1], 'reject'],
  ] as const) {
    for (const [i, { word, mask }] of words.entries())
      program
        .add(OP.ldw, offset + 4 * i)
        .add(OP.and, mask)
        .add(OP.jeq, word & mask, i === words.length - 1 ? `a${family}` : 'next', otherwise);
    if (otherwise !== 'reject') program.at(otherwise);
  }
}
