import type { FlowSample } from '@guardpost/bpf';
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
}

/** The family. */
function wordsOf(text: string, into: Int32Array): 4 | 6 {
  const bytes = parseAddress(text) ?? new Uint8Array(4);
  into.fill(0);
  for (let i = 0; i < bytes.length; i++) into[i >> 2] = (into[i >> 2]! << 8) | bytes[i]!;
  return bytes.length === 4 ? 4 : 6;
}
