// Events: one for the first packet of a flow that the watch list in force knows.
#pragma once
#include "flow.h"
#include "parse.h"
#include "watch.h"

struct { // 8 MiB hold 30,000 events with 128 bytes of the frame, or 65,000 without
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 23);
} events SEC(".maps");

const struct event *event_in_btf __attribute__((unused)); // else no type information of it is kept

volatile __u32 generation; // of the list in force, written by user space after the swap; 0 = no list yet

// Evidence: so many bytes of so many packets of a flow. Written by user space; 0 packets = one event without bytes.
volatile __u32 snapshot_bytes, snapshot_packets;

struct snapshot {
	struct event event;
	__u8 bytes[MAX_SNAPSHOT];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct snapshot);
} snapshots SEC(".maps");

// Not inline: its stack is then not on top of the look-up's. `how` is the direction, and 2 for a later packet.
static __noinline int emit(struct __sk_buff *skb, struct packet *p, __u8 how, __u32 rule, __u32 list_generation)
{
	__u32 zero = 0;
	struct snapshot *s = bpf_map_lookup_elem(&snapshots, &zero);
	if (!s)
		return -1;
	struct event *e = &s->event;
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
	e->direction = how & 1;
	e->later = how >> 1;
	e->tag_type = skb->vlan_present ? skb->vlan_proto : 0;
	e->tag = skb->vlan_present ? bpf_htons(skb->vlan_tci) : 0;
	__u32 length = skb->len, wanted = snapshot_bytes;
	if (length > wanted)
		length = wanted;
	asm volatile("" : "+r"(length)); // the verifier is to see the bound that follows
	if (length > MAX_SNAPSHOT)
		length = MAX_SNAPSHOT;
	if (!length || bpf_skb_load_bytes(skb, 0, s->bytes, length))
		length = 0;
	e->snapshot = length;
	return bpf_ringbuf_output(&events, s, sizeof(*e) + length, 0);
}

// Asks the watch list and caches its verdict in the flow. An event that does not fit in the ring leaves the flow as not asked: the next
// packet tries again. While more packets of a new flow are wanted, GENERATION_MORE makes its next one come here too.
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
	__u8 later = f->generation == (of | GENERATION_MORE);
	f->rule = rule & RULE_MASK ? rule : 0;
	if (f->rule && emit(skb, p, direction | later << 1, rule, of) && !later) {
		struct tap_stats *s = stats();
		if (s)
			s->event_lost++;
		return 0;
	}
	f->generation = f->rule && f->packets < snapshot_packets ? of | GENERATION_MORE : of;
	return 0;
}
