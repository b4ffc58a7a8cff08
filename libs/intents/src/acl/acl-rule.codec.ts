import { either } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { integer, TransportPort } from '../codec/integer.js';

/** ONOS keeps ports in 16 bits with a sign: 40000 comes back as -25536 (AclRule). */
const AclPort: t.Type<number, number, unknown> = new t.Type(
  'AclPort',
  TransportPort.is,
  (u, c) => either.chain(SignedPort.validate(u, c), (port) => t.success(port & 0xffff)),
  t.identity,
);
const SignedPort = integer('AclPort', -32_768, 65_535);

const matches = t.partial({
  srcIp: t.string,
  dstIp: t.string,
  srcMac: t.string,
  dstMac: t.string,
  dscp: integer('Dscp', 0, 63),
  ipProto: t.keyof({ TCP: null, UDP: null, ICMP: null }),
  srcTpPort: AclPort,
  dstTpPort: AclPort,
});
const AclAction = t.keyof({ ALLOW: null, DENY: null }, 'AclAction');

/**
 * A rule to add: what it matches, all of it, and what becomes of that. `srcIp` or `dstIp` is needed, IPv4 with prefix length
 * (`10.0.0.1/32`); ports need `ipProto` TCP or UDP; `action`: DENY where absent.
 */
export const AclRequest = t.intersection([matches, t.partial({ action: AclAction })], 'AclRequest');
export type AclRequest = t.TypeOf<typeof AclRequest>;

/** ONOS' id of a rule: hexadecimal, `0x1`. */
export const AclRuleId = t.refinement(t.string, (id) => /^0x[\da-f]{1,16}$/.test(id), 'AclRuleId');

/** A rule as it is listed (AclWebResource). */
export const AclRule = t.intersection([t.type({ id: AclRuleId, action: AclAction }), matches], 'AclRule');
export type AclRule = t.TypeOf<typeof AclRule>;
