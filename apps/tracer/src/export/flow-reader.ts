import type { FlowColumns, FlowSample } from '@guardpost/bpf';
import { parseAddress } from '@guardpost/contracts';
import type { Clock } from '@guardpost/detect';
import { newFlowView, type FlowView } from './flow-view.js';

/** Puts a sample of the tap into the form in which flows are exported. */
export class FlowReader {
  private readonly flow = newFlowView();

  constructor(private readonly clock: Pick<Clock, 'bootToUs'>) {}

  /** The same object at each call. */
  read(sample: FlowSample): FlowView {
    const { flow } = this;
    flow.family = wordsOf(sample.src, flow.src);
    wordsOf(sample.dst, flow.dst);
    flow.sport = sample.sport;
    flow.dport = sample.dport;
    flow.icmp = sample.icmp === null ? -1 : (sample.icmp.type << 8) | sample.icmp.code;
    flow.proto = sample.proto;
    flow.ifindex = sample.ifindex;
    flow.egress = sample.direction === 'egress';
    flow.vni = sample.vni ?? -1;
    flow.vlan = sample.vlan[0] ?? -1;
    flow.innerVlan = sample.vlan[1] ?? -1;
    flow.tcpFlags = sample.tcpFlags;
    flow.packets = sample.packets;
    flow.bytes = sample.bytes;
    flow.firstMs = Math.floor(this.clock.bootToUs(sample.firstBootNs) / 1000);
    flow.lastMs = Math.floor(this.clock.bootToUs(sample.lastBootNs) / 1000);
    return flow;
  }

  /** A row of many: `offsetMs` turns the boot clock into milliseconds since 1970, and is asked for once a reading. */
  readRow(columns: FlowColumns, row: number, offsetMs: number): FlowView {
    const { flow } = this;
    flow.family = columns.family[row] === 6 ? 6 : 4;
    for (let i = 0; i < 4; i++) {
      flow.src[i] = columns.src[4 * row + i]!;
      flow.dst[i] = columns.dst[4 * row + i]!;
    }
    flow.sport = columns.sport[row]!;
    flow.dport = columns.dport[row]!;
    flow.icmp = columns.icmp[row]!;
    flow.proto = columns.proto[row]!;
    flow.ifindex = columns.ifindex[row]!;
    flow.egress = columns.egress[row] === 1;
    flow.vni = columns.vni[row]!;
    flow.vlan = columns.vlan[row]!;
    flow.innerVlan = columns.innerVlan[row]!;
    flow.tcpFlags = columns.tcpFlags[row]!;
    flow.packets = columns.packets[row]!;
    flow.bytes = columns.bytes[row]!;
    flow.firstMs = Math.floor(columns.firstBootNs[row]! / 1e6 + offsetMs);
    flow.lastMs = Math.floor(columns.lastBootNs[row]! / 1e6 + offsetMs);
    return flow;
  }

  /** To be added to boot time in milliseconds; changes when the wall clock is set. */
  offsetMs(): number {
    return this.clock.bootToUs(0n) / 1000;
  }
}

/** The family. */
function wordsOf(text: string, into: Int32Array): 4 | 6 {
  const bytes = parseAddress(text) ?? new Uint8Array(4);
  into.fill(0);
  for (let i = 0; i < bytes.length; i++) into[i >> 2] = (into[i >> 2]! << 8) | bytes[i]!;
  return bytes.length === 4 ? 4 : 6;
}
