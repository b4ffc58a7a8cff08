/** Information elements of RFC 7012 and the IANA registry that follows it: number, bytes. */
export const ELEMENT = {
  octetDeltaCount: [1, 8],
  packetDeltaCount: [2, 8],
  protocolIdentifier: [4, 1],
  tcpControlBits: [6, 1], // shortened, as RFC 7125 allows: pmacct reads the first byte of two
  sourceTransportPort: [7, 2],
  sourceIPv4Address: [8, 4],
  ingressInterface: [10, 4],
  destinationTransportPort: [11, 2],
  destinationIPv4Address: [12, 4],
  egressInterface: [14, 4],
  sourceIPv6Address: [27, 16],
  destinationIPv6Address: [28, 16],
  icmpTypeCodeIPv4: [32, 2],
  vlanId: [58, 2],
  flowDirection: [61, 1],
  flowEndReason: [136, 1],
  icmpTypeCodeIPv6: [139, 2],
  flowStartMilliseconds: [152, 8],
  flowEndMilliseconds: [153, 8],
  dot1qVlanId: [243, 2],
  dot1qCustomerVlanId: [245, 2],
  layer2SegmentId: [351, 8],
} as const;
export type ElementName = keyof typeof ELEMENT;

export interface Template {
  readonly id: number;
  readonly elements: readonly ElementName[];
  /** Bytes of a record. */
  readonly length: number;
}

const template = (id: number, elements: readonly ElementName[]): Template => ({
  id,
  elements,
  length: elements.reduce((sum, name) => sum + ELEMENT[name][1], 0),
});

const TIMES_AND_COUNTS = ['flowStartMilliseconds', 'flowEndMilliseconds', 'octetDeltaCount', 'packetDeltaCount'] as const;
const REST = [
  'sourceTransportPort',
  'destinationTransportPort',
  'vlanId',
  'dot1qVlanId',
  'dot1qCustomerVlanId',
  'ingressInterface',
  'egressInterface',
  'protocolIdentifier',
  'tcpControlBits',
  'flowDirection',
  'flowEndReason',
] as const;
const V4 = [...TIMES_AND_COUNTS, 'sourceIPv4Address', 'destinationIPv4Address', 'icmpTypeCodeIPv4', ...REST] as const;
const V6 = [...TIMES_AND_COUNTS, 'sourceIPv6Address', 'destinationIPv6Address', 'icmpTypeCodeIPv6', ...REST] as const;

/** By address family, and with or without the network of a tunnel. Ids stay what they are from release to release. */
export const TEMPLATES = {
  v4: template(256, V4),
  v6: template(257, V6),
  v4Segment: template(258, [...V4, 'layer2SegmentId']),
  v6Segment: template(259, [...V6, 'layer2SegmentId']),
} as const;

const TEMPLATE_SET = 2;

/** The set that describes all templates (RFC 7011, 3.4.1). */
export function templateSet(): Buffer {
  const words: number[] = [];
  for (const { id, elements } of Object.values(TEMPLATES)) words.push(id, elements.length, ...elements.flatMap((name) => ELEMENT[name]));
  const set = Buffer.alloc(4 + 2 * words.length);
  set.writeUInt16BE(TEMPLATE_SET, 0);
  set.writeUInt16BE(set.length, 2);
  words.forEach((word, i) => set.writeUInt16BE(word, 4 + 2 * i));
  return set;
}
