import { FileTap, type FlowRecord } from '@guardpost/bpf/file';
import { flowsOf, keyText } from './flows-of.js';
import { tsharkFrames } from './tshark.js';

const recordKey = (r: FlowRecord): string =>
  keyText({
    ...r,
    icmp: r.icmp === null ? '' : `${r.icmp.type}/${r.icmp.code}`,
    vlan: r.vlan.join(),
    vni: r.vni === null ? '' : String(r.vni),
    outer: r.outer === null ? '' : `${r.outer.src}>${r.outer.dst}`,
  });

/** Every difference between our reading of a capture and tshark's, in words: flow by flow, packets, bytes, times, flags and Community IDs. */
export async function differences(file: string): Promise<string[]> {
  const tap = new FileTap();
  await tap.read(file).catch(() => undefined); // a capture that is cut off: both read what is there
  const { otherPackets, otherBytes } = tap.counters();
  const want = flowsOf(tsharkFrames(file));
  const own = new Map([...tap.allFlows()].map((record) => [recordKey(record), record]));
  const found: string[] = [];
  const compare = (what: string, ours: unknown, theirs: unknown): void => {
    if (ours !== theirs) found.push(`${what}: ${String(ours)}, tshark ${String(theirs)}`);
  };
  compare('packets in no flow', otherPackets, want.otherPackets);
  compare('bytes in no flow', otherBytes, want.otherBytes);
  for (const [key, theirs] of want.flows) {
    const ours = own.get(key);
    compare(`${key}: packets`, ours?.packets ?? 0, theirs.packets);
    if (ours === undefined) continue;
    compare(`${key}: bytes`, ours.bytes, theirs.bytes);
    compare(`${key}: first`, ours.firstUs, theirs.first);
    compare(`${key}: last`, ours.lastUs, theirs.last);
    compare(`${key}: TCP flags`, ours.tcpFlags, theirs.tcpFlags);
    for (const id of theirs.communityIds) compare(`${key}: Community ID`, ours.communityId, id);
  }
  for (const [key, { packets }] of own) if (!want.flows.has(key)) compare(`${key}: packets`, packets, 0);
  return found;
}
