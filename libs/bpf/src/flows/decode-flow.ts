import { addressAt, countAt, serviceAt, vlansOf, vniOf } from '../layout/fields.js';
import { FLOW, FLOW4, FLOW6, KEY4, KEY6 } from '../layout/offsets.generated.js';
import type { FlowSample } from '../tap.port.js';
import type { Jiffies } from './jiffies.js';

const RULE_MASK = 0xff_ffff;
/** Without GENERATION_MORE. */
const GENERATION_MASK = 0x7fff_ffff;
const EGRESS = 1;

export interface FlowContext {
  readonly jiffies: Jiffies;
  readonly nameOf: (ifindex: number) => string;
}

/** struct flow4 or flow6 (c/guard.h) at `at`. */
export function decodeFlow(view: DataView, at: number, family: 4 | 6, { jiffies, nameOf }: FlowContext): FlowSample {
  const keyLayout = family === 4 ? KEY4 : KEY6;
  const key = at + (family === 4 ? FLOW4.key : FLOW6.key);
  const proto = view.getUint8(key + keyLayout.proto);
  const ifindex = view.getUint32(key + keyLayout.ifindex, true);
  return {
    ifindex,
    ifname: nameOf(ifindex),
    direction: view.getUint8(key + keyLayout.direction) === EGRESS ? 'egress' : 'ingress',
    src: addressAt(view, key + keyLayout.src, family),
    dst: addressAt(view, key + keyLayout.dst, family),
    ...serviceAt(view, key + keyLayout.sport, key + keyLayout.dport, proto),
    proto,
    vni: vniOf(view.getUint32(key + keyLayout.vni, true)),
    vlan: vlansOf(view.getUint16(key + keyLayout.vlan, true), view.getUint16(at + FLOW.innerVlan, true)),
    rule: view.getUint32(at + FLOW.rule, true) & RULE_MASK,
    generation: view.getUint32(at + FLOW.generation, true) & GENERATION_MASK,
    packets: countAt(view, at + FLOW.packets),
    bytes: countAt(view, at + FLOW.bytes),
    firstBootNs: jiffies.toBootNs(view.getUint32(at + FLOW.first, true)),
    lastBootNs: jiffies.toBootNs(view.getUint32(at + FLOW.last, true)),
    tcpFlags: view.getUint8(at + FLOW.tcpFlags),
  };
}

/** A record of the `evicted` ring: the family is told by the length. Undefined for any other length. */
export function decodeEvicted(view: DataView, at: number, length: number, context: FlowContext): FlowSample | undefined {
  if (length !== FLOW4.size && length !== FLOW6.size) return undefined;
  return decodeFlow(view, at, length === FLOW4.size ? 4 : 6, context);
}
