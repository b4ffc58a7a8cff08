// Tunnels: VXLAN (RFC 7348), Geneve (RFC 8926), GRE (RFC 2784, 2890). IP in IP needs no header of its own.
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

static __always_inline int step_gre(parse_ctx *ctx, struct packet *p)
{
	__u8 head[4];
	if (load(ctx, p, head, sizeof(head)))
		return fail(p, TRUNCATED);
	if (head[1] & 7 || head[0] & 0x40) // version 1 is PPTP; routing went out with RFC 2784
		return DONE;
	p->type = head[2] << 8 | head[3];
	p->at += 4 + (head[0] & 0x80 ? 4 : 0) + (head[0] & 0x20 ? 4 : 0) + (head[0] & 0x10 ? 4 : 0);
	return p->type == TYPE_BRIDGED ? AT_ETHERNET : p->type == TYPE_IPV4 || p->type == TYPE_IPV6 || p->type == TYPE_MPLS ? AT_TYPE : DONE;
}

static __always_inline int step_vxlan(parse_ctx *ctx, struct packet *p)
{
	__u8 head[8];
	if (load(ctx, p, head, sizeof(head)) || !(head[0] & 8))
		return fail(p, MALFORMED);
	p->next_vni = VNI_PRESENT | head[4] << 16 | head[5] << 8 | head[6];
	p->at += sizeof(head);
	return AT_ETHERNET;
}

static __always_inline int step_geneve(parse_ctx *ctx, struct packet *p)
{
	__u8 head[8];
	if (load(ctx, p, head, sizeof(head)) || head[0] >> 6)
		return fail(p, MALFORMED);
	p->next_vni = VNI_PRESENT | head[4] << 16 | head[5] << 8 | head[6];
	p->type = head[2] << 8 | head[3];
	p->at += sizeof(head) + (head[0] & 0x3f) * 4;
	return p->type == TYPE_BRIDGED ? AT_ETHERNET : AT_TYPE;
}
