import { parseAddress } from '@guardpost/contracts';
import type { FlowSample } from '../tap.port.js';
import { newColumns, type FlowColumns } from './flow-columns.js';

/** Columns of samples, for a tap that has no table of its own to read them from. */
export function columnsOf(samples: readonly FlowSample[]): FlowColumns {
  const columns = newColumns(samples.length);
  columns.count = samples.length;
  samples.forEach((sample, row) => {
    columns.family[row] = wordsOf(sample.src, columns.src, 4 * row);
    wordsOf(sample.dst, columns.dst, 4 * row);
    columns.sport[row] = sample.sport;
    columns.dport[row] = sample.dport;
    columns.icmp[row] = sample.icmp === null ? -1 : (sample.icmp.type << 8) | sample.icmp.code;
    columns.proto[row] = sample.proto;
    columns.egress[row] = sample.direction === 'egress' ? 1 : 0;
    columns.ifindex[row] = sample.ifindex;
    columns.vni[row] = sample.vni ?? -1;
    columns.vlan[row] = sample.vlan[0] ?? -1;
    columns.innerVlan[row] = sample.vlan[1] ?? -1;
    columns.tcpFlags[row] = sample.tcpFlags;
    columns.rule[row] = sample.rule;
    columns.generation[row] = sample.generation;
    columns.packets[row] = sample.packets;
    columns.bytes[row] = sample.bytes;
    columns.firstBootNs[row] = Number(sample.firstBootNs);
    columns.lastBootNs[row] = Number(sample.lastBootNs);
  });
  return columns;
}

/** The family. */
function wordsOf(text: string, into: Int32Array, at: number): 4 | 6 {
  const bytes = parseAddress(text) ?? new Uint8Array(4);
  into.fill(0, at, at + 4);
  bytes.forEach((byte, i) => (into[at + (i >> 2)] = (into[at + (i >> 2)]! << 8) | byte));
  return bytes.length === 4 ? 4 : 6;
}
