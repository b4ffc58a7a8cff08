/** What is read next. `DONE` ends the parsing, with or without a fault. */
export const STEP = {
  ethernet: 0,
  type: 1,
  llc: 2,
  mpls: 3,
  pppoe: 4,
  ppp: 5,
  ipv4: 6,
  ipv6: 7,
  extension: 8,
  transport: 9,
  gre: 10,
  vxlan: 11,
  geneve: 12,
  link: 13,
  done: 14,
} as const;

/** Names of the headers in reports, by step. */
export const LAYERS = [
  'Ethernet', 'VLAN', 'LLC', 'MPLS', 'PPPoE', 'PPP', 'IPv4', 'IPv6', 'IPv6 extension', 'transport', 'GRE', 'VXLAN', 'Geneve', 'link', '',
] as const; // prettier-ignore

/** Why a frame was not read to its end. `notIp` is none of its faults. */
export const FAULT = { none: 0, notIp: 1, truncated: 2, snapped: 3, malformed: 4, tooDeep: 5 } as const;
export const FAULTS = ['', 'not IP', 'truncated', 'snapped', 'malformed', 'too deep'] as const;
