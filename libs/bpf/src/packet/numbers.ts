/** Ethernet types (IANA, IEEE). The TPIDs of stacked tags that vendors used before 802.1ad are in VLAN_TYPES too. */
export const TYPE_IPV4 = 0x0800;
export const TYPE_IPV6 = 0x86dd;
export const TYPE_MPLS = 0x8847;
export const TYPE_MPLS_MULTICAST = 0x8848;
export const TYPE_PPPOE_SESSION = 0x8864;
/** 802.1ah: a service tag, then the customer's frame. Cisco's FabricPath: the same with a tag of its own. */
export const TYPE_BACKBONE = 0x88e7;
export const TYPE_FABRICPATH = 0x8903;
export const TYPE_PPP = 0x880b;
export const TYPE_BRIDGED = 0x6558;
export const TYPE_WCCP = 0x883e;
export const TYPE_ERSPAN = 0x88be;
export const TYPE_ERSPAN_3 = 0x22eb;
/** Below it, the field is a length (IEEE 802.3); 1501 to 1535 are neither. */
export const FIRST_TYPE = 0x600;
export const LAST_LENGTH = 1500;

/** 802.1Q, 802.1ad, and the TPIDs of stacked tags from before it. */
export const isVlan = (type: number): boolean =>
  type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200 || type === 0x9300;

export const PROTO_HOP_BY_HOP = 0;
export const PROTO_ICMP = 1;
export const PROTO_IPIP = 4;
export const PROTO_TCP = 6;
export const PROTO_UDP = 17;
export const PROTO_IPV6 = 41;
export const PROTO_ROUTING = 43;
export const PROTO_FRAGMENT = 44;
export const PROTO_GRE = 47;
export const PROTO_AH = 51;
export const PROTO_ICMP6 = 58;
export const PROTO_NONE = 59;
export const PROTO_DESTINATION = 60;
export const PROTO_MOBILITY = 135;
export const PROTO_SCTP = 132;
export const PROTO_HIP = 139;
export const PROTO_SHIM6 = 140;

export const PORT_VXLAN = 4789;
export const PORT_GENEVE = 6081;

/** As in c/packet.h. */
export const MAX_STEPS = 32;
export const MAX_TUNNELS = 4;
