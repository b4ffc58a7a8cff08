import { formatAddress } from '@guardpost/contracts';
import { communityId } from '../packet/community-id.js';
import { CONTEXT, type FlowCache, ICMP_READ, KEYS, PORTS_READ, VALUES } from './flow-cache.js';
import type { FlowNumber } from './fragment-table.js';

/** Counts of one flow of a capture. Times in microseconds since 1970. */
export interface FlowTotals {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
  /** Ids of the first four tags, outermost first. */
  readonly vlan: number[];
  readonly vni: number | null;
  readonly outer: { readonly src: string; readonly dst: string } | null;
  readonly packets: number;
  /** On the wire, of whole frames. */
  readonly bytes: number;
  readonly firstUs: number;
  readonly lastUs: number;
  readonly tcpFlags: number;
  readonly icmp: { readonly type: number; readonly code: number } | null;
}
export interface FlowRecord extends FlowTotals {
  readonly communityId: string;
}

interface Context {
  readonly vlan: number[];
  readonly vni: number | null;
  readonly outer: { readonly src: string; readonly dst: string } | null;
}

/** Reads flows out of a cache. */
export class FlowRecords {
  private readonly contexts = new Map<number, Context>();

  constructor(private readonly cache: FlowCache) {}

  /** In the order of their first packets. */
  *all(): Generator<FlowRecord> {
    const { table4, table6 } = this.cache;
    const ordinalOf = (family: 4 | 6, row: number): number => {
      const table = family === 4 ? table4 : table6;
      return row < table.count ? table.words[row * table.rowWords + KEYS[family].words + VALUES.ordinal]! : Infinity;
    };
    for (let [row4, row6] = [0, 0]; row4 < table4.count || row6 < table6.count;) {
      if (ordinalOf(4, row4) < ordinalOf(6, row6)) yield this.record(row4++ << 1, true);
      else yield this.record((row6++ << 1) | 1, true);
    }
  }

  read(flow: FlowNumber): FlowTotals {
    return this.record(flow, false);
  }

  /** Written out, without spreads: there may be millions. */
  private record(flow: FlowNumber, withId: boolean): FlowRecord {
    const family = (flow & 1) === 1 ? 6 : 4;
    const key = KEYS[family];
    const { words, doubles, rowWords } = family === 4 ? this.cache.table4 : this.cache.table6;
    const at = (flow >>> 1) * rowWords;
    const [srcAt, dstAt] = [at + key.src, at + key.dst];
    const service = words[at + key.ports]!;
    const protoWord = words[at + key.proto]!;
    const proto = protoWord & 255;
    const hasPorts = (protoWord & PORTS_READ) !== 0;
    const icmp = (protoWord & ICMP_READ) !== 0 ? service : -1;
    const sport = icmp < 0 ? service >>> 16 : 0;
    const dport = icmp < 0 ? service & 0xffff : 0;
    const { vlan, vni, outer } = this.context(words[at + key.context]!);
    const values = at + key.words;
    const counts = (values + VALUES.packets) / 2;
    return {
      src: addressAt(words, srcAt, family),
      dst: addressAt(words, dstAt, family),
      sport,
      dport,
      proto,
      vlan,
      vni,
      outer,
      packets: doubles[counts]!,
      bytes: doubles[counts + 1]!,
      firstUs: doubles[counts + 2]!,
      lastUs: doubles[counts + 3]!,
      tcpFlags: words[values + VALUES.tcpFlags]!,
      icmp: icmp < 0 ? null : { type: icmp >> 8, code: icmp & 255 },
      communityId: withId ? communityId({ family, words, srcAt, dstAt, proto, hasPorts, sport, dport, icmp }) : '',
    };
  }

  private context(row: number): Context {
    const known = this.contexts.get(row);
    if (known !== undefined) return known;
    const { words, rowWords } = this.cache.contexts;
    const at = row * rowWords;
    const vni = words[at + CONTEXT.vni]!;
    const family = words[at + CONTEXT.outerFamily]!;
    const context = {
      vlan: [...tagsOf(words[at + CONTEXT.vlan01]!), ...tagsOf(words[at + CONTEXT.vlan23]!)],
      vni: vni < 0 ? null : vni,
      outer:
        family === 0
          ? null
          : { src: addressAt(words, at + CONTEXT.outerSrc, family), dst: addressAt(words, at + CONTEXT.outerDst, family) },
    };
    this.contexts.set(row, context);
    return context;
  }
}

const tagsOf = (pair: number): number[] => [pair & 0xffff, pair >>> 16].filter((tag) => tag !== 0).map((tag) => tag & 0xfff);

const bytes6 = new Uint8Array(16);

function addressAt(words: Int32Array, at: number, family: number): string {
  const first = words[at]!;
  if (family === 4) return `${first >>> 24}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}`;
  for (let i = 0; i < 16; i++) bytes6[i] = words[at + (i >> 2)]! >>> (24 - 8 * (i & 3));
  return formatAddress(bytes6);
}
