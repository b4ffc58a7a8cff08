// Events: one for the first packet of a flow that the watch list in force knows.
#pragma once
#include "flow.h"
#include "parse.h"
#include "watch.h"

struct { // 4 MiB hold 30,000 events
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} events SEC(".maps");

const struct event *event_in_btf __attribute__((unused)); // else no type information of it is kept

volatile __u32 generation; // of the list in force, written by user space after the swap; 0 = no list yet

static __always_inline int emit(struct __sk_buff *skb, struct packet *p, __u8 direction, __u32 rule, __u32 list_generation)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return -1;
	e->boot_ns = bpf_ktime_get_boot_ns();
	e->inner = p->inner;
	e->outer = p->outer;
	e->ifindex = skb->ifindex;
	e->vni = p->vni;
	e->rule = rule;
	e->generation = list_generation;
	e->length = skb->len;
	e->vlan[0] = p->vlan[0];
	e->vlan[1] = p->vlan[1];
	e->direction = direction;
	__builtin_memset(e->pad, 0, sizeof(e->pad));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

// Asks the watch list and caches its verdict in the flow. An event that does not fit in the ring leaves the flow as not asked: the next
// packet tries again.
__noinline int judge(struct __sk_buff *skb, struct packet *p, struct flow *f, __u8 direction)
{
	if (!p || !f)
		return 0;
	__u64 verdict = watch_verdict(&p->inner);
	__u32 rule = verdict, of = verdict >> 32;
	if (!(rule & RULE_MASK) && p->outer.family) {
		__u32 outer = watch_verdict(&p->outer);
		if (outer & RULE_MASK)
			rule = outer | RULE_OUTER;
	}
	if (rule & VERDICT_CHAIN_LONG) {
		struct tap_stats *s = stats();
		if (s)
			s->chain_long++;
		rule &= ~VERDICT_CHAIN_LONG;
	}
	if (f->generation == of) // a new list that is not announced yet: this flow has been asked already
		return 0;
	f->rule = rule & RULE_MASK ? rule : 0;
	if (f->rule && emit(skb, p, direction, rule, of)) {
		struct tap_stats *s = stats();
		if (s)
			s->event_lost++;
		return 0;
	}
	f->generation = of;
	return 0;
}
