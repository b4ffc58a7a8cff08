// The whole parser, for what fast.h leaves: tags, MPLS, PPPoE, options, fragments, extension headers, tunnels, hostile frames.
// A state machine over offsets: each step reads one header and says what the next one is. It reads by copy (LOAD), which also reaches
// data outside the linear part of an skb, so nothing is ever pulled. parse_step is a global function: the verifier looks at it once.
#pragma once
#include "packet.h"
#include "tunnel.h"

#define MAX_STEPS 32

static __always_inline int step_ethernet(parse_ctx *ctx, struct packet *p)
{
	__u16 head[7];
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	p->type = bpf_ntohs(head[6]);
	p->at += sizeof(head);
	return AT_TYPE;
}

static __always_inline int step_type(parse_ctx *ctx, struct packet *p)
{
	__u16 tag[2];
	switch (p->type) {
	case TYPE_IPV4: return AT_IPV4;
	case TYPE_IPV6: return AT_IPV6;
	case TYPE_VLAN:
	case TYPE_QINQ:
	case TYPE_QINQ_OLD:
	case TYPE_QINQ_OLD + 0x100:
	case TYPE_QINQ_OLD + 0x200:
		if (load(ctx, p, tag, sizeof(tag)))
			return fail(p, TRUNCATED);
		if (!p->next_vlan[0])
			p->next_vlan[0] = (bpf_ntohs(tag[0]) & 0xfff) | VLAN_PRESENT;
		else if (!p->next_vlan[1])
			p->next_vlan[1] = (bpf_ntohs(tag[0]) & 0xfff) | VLAN_PRESENT;
		p->type = bpf_ntohs(tag[1]);
		p->at += sizeof(tag);
		return AT_TYPE;
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST: return AT_MPLS;
	case TYPE_PPPOE_SESSION: return AT_PPPOE;
	case TYPE_BACKBONE: p->at += 4; return AT_ETHERNET;
	case TYPE_FABRICPATH: p->at += 2; return AT_ETHERNET;
	}
	if (p->type > LAST_LENGTH)
		return fail(p, NOT_IP);
	narrow(p, p->at + p->type); // 802.3: a length, and the rest is padding
	return AT_LLC;
}

// IP by its SAP, or an Ethernet type behind SNAP: OUI 0, or that of 802.1H.
static __always_inline int step_llc(parse_ctx *ctx, struct packet *p)
{
	__u8 sap[3], llc[8];
	if (load(ctx, p, sap, sizeof(sap)))
		return fail(p, TRUNCATED);
	if (sap[0] == 6 && sap[1] == 6 && sap[2] == 3) {
		p->at += sizeof(sap);
		return AT_IPV4;
	}
	if (sap[0] != 0xaa || sap[1] != 0xaa || sap[2] != 3)
		return fail(p, NOT_IP);
	if (load(ctx, p, llc, sizeof(llc)))
		return fail(p, TRUNCATED);
	if (llc[3] | llc[4] || (llc[5] && llc[5] != 0xf8))
		return fail(p, NOT_IP);
	p->type = llc[6] << 8 | llc[7];
	p->at += sizeof(llc);
	return p->type < FIRST_TYPE ? fail(p, MALFORMED) : AT_TYPE;
}

// The label stack does not say what it carries: the first nibble after it is the guess (RFC 4928). 0 is a pseudowire's control word.
static __always_inline int step_mpls(parse_ctx *ctx, struct packet *p)
{
	__u8 label[4], next;
	if (load(ctx, p, label, sizeof(label)))
		return fail(p, TRUNCATED);
	p->at += sizeof(label);
	if (!(label[2] & 1))
		return AT_MPLS;
	if (load(ctx, p, &next, 1))
		return fail(p, TRUNCATED);
	if (next >> 4 == 4)
		return AT_IPV4;
	if (next >> 4 == 6)
		return AT_IPV6;
	if (next >> 4)
		return fail(p, NOT_IP);
	p->at += 4;
	return AT_ETHERNET;
}

static __always_inline int step_pppoe(parse_ctx *ctx, struct packet *p)
{
	__u8 head[6]; // version and type, code, session, length
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	if (head[0] != 0x11 || head[1])
		return fail(p, MALFORMED);
	p->at += sizeof(head);
	narrow(p, p->at + (head[4] << 8 | head[5]));
	return AT_PPP;
}

// The protocol has two bytes, or one where it is odd (RFC 1661, 6.5).
static __always_inline int step_ppp(parse_ctx *ctx, struct packet *p)
{
	__u8 head[2];
	if (load(ctx, p, head, 1))
		return fail(p, TRUNCATED);
	__u16 protocol = head[0];
	if (!(protocol & 1)) {
		if (load(ctx, p, head, 2))
			return fail(p, TRUNCATED);
		protocol = head[0] << 8 | head[1];
		p->at++;
	}
	p->at++;
	switch (protocol) {
	case 0x0021: return AT_IPV4;
	case 0x0057: return AT_IPV6;
	case 0x0281:
	case 0x0283: return AT_MPLS;
	}
	return fail(p, NOT_IP);
}

// One IP header further in: what was innermost becomes outer, unless there is an outer already (the outermost stays).
static __always_inline void enter_ip(struct packet *p, __u8 family)
{
	if (p->inner.family && !p->outer.family)
		p->outer = p->inner;
	__builtin_memset(&p->inner, 0, sizeof(p->inner));
	p->inner.family = family;
	p->fragmented = 0;
	p->vni = p->next_vni;
	p->vlan[0] = p->next_vlan[0];
	p->vlan[1] = p->next_vlan[1];
}

static __always_inline int step_ipv4(parse_ctx *ctx, struct packet *p)
{
	struct iphdr ip;
	if (load(ctx, p, &ip, sizeof(ip)))
		return fail(p, TRUNCATED);
	__u32 total = bpf_ntohs(ip.tot_len), header = ip.ihl * 4;
	if (ip.version != 4 || header < sizeof(ip) || (total && total < header)) // 0: a GSO packet beyond 64 KiB (BIG TCP)
		return fail(p, MALFORMED);
	enter_ip(p, 4);
	p->inner.src[0] = ip.saddr;
	p->inner.dst[0] = ip.daddr;
	p->inner.proto = ip.protocol;
	if (total)
		narrow(p, p->at + total);
	p->at += header;
	p->fragmented = !!(ip.frag_off & bpf_htons(0x3fff));
	p->fragment_id = ip.id;
	if (ip.frag_off & bpf_htons(0x1fff)) {
		p->inner.fragment = 1;
		return DONE;
	}
	return ip.protocol == IPPROTO_AH ? AT_EXTENSION : AT_TRANSPORT;
}

static __always_inline int step_ipv6(parse_ctx *ctx, struct packet *p)
{
	struct ipv6hdr ip;
	if (load(ctx, p, &ip, sizeof(ip)))
		return fail(p, TRUNCATED);
	if (ip.version != 6)
		return fail(p, MALFORMED);
	enter_ip(p, 6);
	__builtin_memcpy(p->inner.src, &ip.saddr, 16);
	__builtin_memcpy(p->inner.dst, &ip.daddr, 16);
	p->inner.proto = ip.nexthdr;
	p->at += sizeof(ip);
	if (ip.payload_len) // 0: jumbogram, or nothing
		narrow(p, p->at + bpf_ntohs(ip.payload_len));
	return AT_EXTENSION;
}

// Mobility, HIP, Shim6: where nothing follows them, they are what the packet is about.
static __always_inline int stands(__u8 kind)
{
	return kind == 135 || kind == 139 || kind == 140;
}

// Behind IPv4 there is only AH.
static __always_inline int is_extension(__u8 kind, __u8 family)
{
	if (kind == IPPROTO_AH)
		return 1;
	return family == 6 && (kind == IPPROTO_HOPOPTS || kind == IPPROTO_ROUTING || kind == IPPROTO_FRAGMENT || kind == IPPROTO_DSTOPTS || stands(kind));
}

static __always_inline int step_extension(parse_ctx *ctx, struct packet *p)
{
	__u8 head[4];
	__u8 kind = p->inner.proto;
	if (!is_extension(kind, p->inner.family))
		return AT_TRANSPORT;
	if (load(ctx, p, head, sizeof(head)) || (kind == IPPROTO_FRAGMENT && p->at + 8 > p->limit))
		return fail(p, TRUNCATED);
	if (stands(kind) && head[0] == IPPROTO_NONE)
		return DONE;
	p->inner.proto = head[0];
	if (kind == IPPROTO_FRAGMENT) {
		LOAD(ctx, p->at + 4, &p->fragment_id, 4);
		p->at += 8;
		p->fragmented = !!((head[2] << 8 | head[3]) & 0xfff9);
		if (!((head[2] << 8 | head[3]) & 0xfff8))
			return AT_EXTENSION;
		p->inner.fragment = 1;
		return DONE;
	}
	p->at += kind == IPPROTO_AH ? (head[1] + 2) * 4 : (head[1] + 1) * 8;
	return AT_EXTENSION;
}

static __always_inline int step_transport(parse_ctx *ctx, struct packet *p)
{
	struct tuple *t = &p->inner;
	__u16 ports[2];
	__u32 header = t->proto == IPPROTO_TCP ? 20 : t->proto == IPPROTO_UDP ? 8 : t->proto == IPPROTO_SCTP ? 12 : 0;
	if (t->proto == IPPROTO_IPIP)
		return tunnel(p, AT_IPV4);
	if (t->proto == IPPROTO_IPV6)
		return tunnel(p, AT_IPV6);
	if (t->proto == IPPROTO_GRE)
		return tunnel(p, AT_GRE);
	if ((t->proto == IPPROTO_ICMP && t->family == 4) || (t->proto == IPPROTO_ICMPV6 && t->family == 6)) {
		if (load(ctx, p, &t->dport, 2))
			return fail(p, TRUNCATED);
		t->sport = ICMP_READ;
		return DONE;
	}
	if (!header)
		return DONE;
	if (load(ctx, p, ports, sizeof(ports)))
		return fail(p, TRUNCATED);
	t->sport = ports[0];
	t->dport = ports[1];
	if (p->at + header > p->limit)
		p->fault = TRUNCATED;
	if (t->proto == IPPROTO_TCP && p->at + 14 <= p->limit)
		LOAD(ctx, p->at + 13, &t->tcp_flags, 1);
	if (t->proto != IPPROTO_UDP)
		return DONE;
	p->at += header;
	if (t->dport == bpf_htons(PORT_VXLAN))
		return tunnel(p, AT_VXLAN);
	if (t->dport == bpf_htons(PORT_GENEVE))
		return tunnel(p, AT_GENEVE);
	return DONE;
}

__noinline int parse_step(parse_ctx *ctx, struct packet *p)
{
	if (!p)
		return DONE;
	switch (p->step) {
	case AT_ETHERNET: return step_ethernet(ctx, p);
	case AT_TYPE: return step_type(ctx, p);
	case AT_LLC: return step_llc(ctx, p);
	case AT_MPLS: return step_mpls(ctx, p);
	case AT_PPPOE: return step_pppoe(ctx, p);
	case AT_PPP: return step_ppp(ctx, p);
	case AT_IPV4: return step_ipv4(ctx, p);
	case AT_IPV6: return step_ipv6(ctx, p);
	case AT_EXTENSION: return step_extension(ctx, p);
	case AT_TRANSPORT: return step_transport(ctx, p);
	case AT_GRE: return step_gre(ctx, p);
	case AT_VXLAN: return step_vxlan(ctx, p);
	case AT_GENEVE: return step_geneve(ctx, p);
	}
	return DONE;
}

// `limit` is set by the caller to the length of the frame.
static __always_inline void parse(parse_ctx *ctx, struct packet *p)
{
	for (int i = 0; i < MAX_STEPS; i++) {
		int next = parse_step(ctx, p);
		if (next == DONE)
			return;
		p->step = next;
	}
	p->fault = TOO_DEEP;
}
