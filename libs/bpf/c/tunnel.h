// Tunnels: VXLAN (RFC 7348), Geneve (RFC 8926), GRE (RFC 2784, 2890) and what it carries. IP in IP needs no header of its own.
#pragma once
#include "packet.h"

#define MAX_TUNNELS 4

// Entering a tunnel. A tunnel that turns out not to be one leaves `inner` at the header that was meant to carry it.
static __always_inline int tunnel(struct packet *p, enum step next)
{
	if (++p->tunnels > MAX_TUNNELS)
		return fail(p, TOO_DEEP);
	return next;
}

// PPP whose address and control fields may have been left out.
static __always_inline int framed_ppp(parse_ctx *ctx, struct packet *p)
{
	__u8 head[2];
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	if (head[0] == 0xff && head[1] == 3)
		p->at += 2;
	return AT_PPP;
}

// Version 1 (RFC 2637). An acknowledgement alone carries nothing.
static __always_inline int pptp(parse_ctx *ctx, struct packet *p, __u8 flags)
{
	if (p->type != TYPE_PPP)
		return DONE;
	if (flags & 0x80)
		p->at += 4;
	return p->at < p->limit ? framed_ppp(ctx, p) : DONE;
}

// Version 2 has a redirect header in front of the packet.
static __always_inline int wccp(parse_ctx *ctx, struct packet *p)
{
	__u8 first;
	if (load(ctx, p, &first, 1))
		return fail(p, TRUNCATED);
	if (first >> 4 != 4)
		p->at += 4;
	return AT_IPV4;
}

// 12 bytes, and 8 more where the last bit says so.
static __always_inline int erspan3(parse_ctx *ctx, struct packet *p)
{
	__u8 head[12];
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	p->at += head[11] & 1 ? 20 : 12;
	return AT_ETHERNET;
}

static __always_inline int step_gre(parse_ctx *ctx, struct packet *p)
{
	__u8 head[4];
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	if ((head[1] & 7) > 1 || head[0] & 0x40) // routing went out with RFC 2784
		return DONE;
	p->type = head[2] << 8 | head[3];
	p->at += 4 + (head[0] & 0x80 ? 4 : 0) + (head[0] & 0x20 ? 4 : 0) + (head[0] & 0x10 ? 4 : 0);
	if (head[1] & 7)
		return pptp(ctx, p, head[1]);
	switch (p->type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST: return AT_TYPE;
	case TYPE_BRIDGED: return AT_ETHERNET;
	case TYPE_PPP: return framed_ppp(ctx, p);
	case TYPE_WCCP: return wccp(ctx, p);
	case TYPE_ERSPAN_3: return erspan3(ctx, p);
	case TYPE_ERSPAN: // type I has neither a sequence number nor a header
		p->at += head[0] & 0x10 ? 8 : 0;
		return AT_ETHERNET;
	}
	return DONE;
}

static __always_inline int step_vxlan(parse_ctx *ctx, struct packet *p)
{
	__u8 head[8];
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	if (!(head[0] & 8))
		return fail(p, MALFORMED);
	p->next_vni = VNI_PRESENT | head[4] << 16 | head[5] << 8 | head[6];
	p->at += sizeof(head);
	return AT_ETHERNET;
}

static __always_inline int step_geneve(parse_ctx *ctx, struct packet *p)
{
	__u8 head[8];
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	if (head[0] >> 6)
		return fail(p, MALFORMED);
	p->next_vni = VNI_PRESENT | head[4] << 16 | head[5] << 8 | head[6];
	p->type = head[2] << 8 | head[3];
	p->at += sizeof(head) + (head[0] & 0x3f) * 4;
	return p->type == TYPE_BRIDGED ? AT_ETHERNET : p->type < FIRST_TYPE ? fail(p, NOT_IP) : AT_TYPE;
}
