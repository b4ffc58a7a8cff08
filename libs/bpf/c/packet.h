// Where the parser stands in a frame, what it found so far, and how it reads.
// The including program defines `parse_ctx` and LOAD(ctx, at, to, size) -> 0 or an error.
#pragma once
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "guard.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88a8
#define TYPE_QINQ_OLD 0x9100 // and 0x9200, 0x9300: TPIDs of stacked tags from before 802.1ad
#define TYPE_MPLS 0x8847
#define TYPE_MPLS_MULTICAST 0x8848
#define TYPE_PPPOE_SESSION 0x8864
#define TYPE_BRIDGED 0x6558 // Ethernet in GRE and Geneve
#define TYPE_BACKBONE 0x88e7   // 802.1ah: a service tag, then the customer's frame
#define TYPE_FABRICPATH 0x8903 // Cisco's, the same with a tag of its own
#define TYPE_PPP 0x880b
#define TYPE_WCCP 0x883e
#define TYPE_ERSPAN 0x88be
#define TYPE_ERSPAN_3 0x22eb
#define FIRST_TYPE 0x600 // below it, the field is a length; 1501 to 1535 are neither
#define LAST_LENGTH 1500
#define PORT_VXLAN 4789
#define PORT_GENEVE 6081

enum step { AT_ETHERNET, AT_TYPE, AT_LLC, AT_MPLS, AT_PPPOE, AT_PPP, AT_IPV4, AT_IPV6, AT_EXTENSION, AT_TRANSPORT, AT_GRE, AT_VXLAN, AT_GENEVE, DONE };
enum fault { NO_FAULT, NOT_IP, TRUNCATED, MALFORMED, TOO_DEEP };

// Where the parser stands and what it found. `inner` is the last whole IP header; a fault further in leaves it as it is.
struct packet {
	struct tuple inner, outer;
	__u32 at, limit; // next header; end of the frame, or of the IP packet (Ethernet padding is not data)
	__u32 vni, next_vni;
	__u16 vlan[2], next_vlan[2]; // in front of `inner`; and of what lies further in, until an IP header is found there
	__u16 type;                  // Ethernet type, host order
	__u8 step, fault, tunnels;
	__u8 fragmented; // `inner` is a fragment, the first or a later one
	__u32 fragment_id;
};

static __always_inline int fail(struct packet *p, enum fault fault)
{
	p->fault = fault;
	return DONE;
}

// The end that a length field gives. A header that promises more than there is: a fault, but what is there is still true.
static __always_inline void narrow(struct packet *p, __u32 end)
{
	if (end > p->limit)
		p->fault = TRUNCATED;
	else
		p->limit = end;
}

static __always_inline int load(parse_ctx *ctx, struct packet *p, void *to, __u32 size)
{
	return p->at + size > p->limit || LOAD(ctx, p->at, to, size);
}
