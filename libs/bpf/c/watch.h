// The watch list: which rule a packet's addresses meet. It only reports; see drop.bpf.c for what drops.
#pragma once
#include "list.h"

LIST_HOLDER(watch_lists);

struct chain_walk {
	void *list;
	__u32 links, at;
	__u32 proto, port; // port in host order, 0 = the packet has none
	__u32 rule;
};

static long chain_step(__u32 n, struct chain_walk *c)
{
	__u32 i = c->links + c->at;
	struct unit *link = c->at ? bpf_map_lookup_elem(c->list, &i) : 0;
	if (!link) {
		c->at = 0;
		return 1;
	}
	__u32 proto = link->w[1] & 0xff, port = link->w[1] >> 16;
	c->at = link->w[2];
	if ((proto && proto != c->proto) || (port && port != c->port))
		return 0;
	c->rule = link->w[0];
	c->at = 0;
	return 1;
}

#define VERDICT_CHAIN_LONG 0x20000000u

static __always_inline __u32 chain_rule(void *list, __u32 links, __u32 head, __u8 proto, __u16 port)
{
	if (!head)
		return 0;
	struct chain_walk c = { .list = list, .links = links, .at = head, .proto = proto, .port = bpf_ntohs(port) };
	bpf_loop(MAX_CHAIN, chain_step, &c, 0);
	return c.rule ?: c.at ? VERDICT_CHAIN_LONG : 0;
}

// generation << 32 | where | rule. Each endpoint is matched with its own port; the source is asked first. One look-up of the holder for
// all of it: the list may be swapped at any time, and it carries its own generation.
__noinline __u64 watch_verdict(struct tuple *t)
{
	__u32 zero = 0;
	if (!t)
		return 0;
	void *list = bpf_map_lookup_elem(&watch_lists, &zero);
	if (!list)
		return 0;
	struct unit *top = bpf_map_lookup_elem(list, &zero);
	if (!top)
		return 0;
	__u64 generation = (__u64)top->w[0] << 32;
	__u32 links = top->w[3];
	int ports = has_ports(t->proto);
	__u32 rule = chain_rule(list, links, list_head(list, t->family, t->src), t->proto, ports ? t->sport : 0);
	if (rule & RULE_MASK)
		return generation | rule;
	__u32 too_long = rule;
	rule = chain_rule(list, links, list_head(list, t->family, t->dst), t->proto, ports ? t->dport : 0);
	if (rule & RULE_MASK)
		return generation | RULE_DESTINATION | rule;
	return generation | rule | too_long;
}
