import type { FlowId } from './flow-rule.codec.js';

/** The OpenFlow cookie of a rule as `ovs-ofctl` writes it: `0x1a000026626f72` of 7318350038462322. */
export function cookieOf(flowId: FlowId): string {
  return `0x${BigInt.asUintN(64, BigInt(flowId)).toString(16)}`;
}

/** The id of the rule that has this cookie (hexadecimal with `0x`); undefined where it is none. */
export function flowIdOfCookie(cookie: string): FlowId | undefined {
  return /^0x[\da-f]{1,16}$/i.test(cookie) ? BigInt.asIntN(64, BigInt(cookie)).toString() : undefined;
}
