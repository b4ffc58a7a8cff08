// Which ports the first fragment of a packet had: the later ones, which have none, count into the same flow. Of the innermost IP header;
// later fragments of a tunnel stay at the header that carries it.
#pragma once
#include "flow.h"
#include "packet.h"

#define FRAGMENTS 16384              // LRU: a flood of first fragments drives others out, and their rest has no ports again
#define FRAGMENT_NS 60000000000ull   // as long as receivers wait for the rest (RFC 8200 4.5)

struct fragment_key {
	__u32 src[4], dst[4];
	__u32 id, ifindex, vni;
	__u16 vlan;
	__u8 proto, direction; // proto is 0 for IPv6: a later fragment does not show it
};

struct fragment_value {
	__u64 boot_ns;
	__u16 sport, dport;
	__u8 proto, pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, FRAGMENTS);
	__type(key, struct fragment_key);
	__type(value, struct fragment_value);
} fragments SEC(".maps");

// Notes the ports of a first fragment, or gives them to a later one.
__noinline int join_fragments(struct __sk_buff *skb, struct packet *p, __u8 direction)
{
	if (!p)
		return 0;
	struct tuple *t = &p->inner;
	struct fragment_key key = { .id = p->fragment_id, .ifindex = skb->ifindex, .vni = p->vni, .vlan = p->vlan[0], .direction = direction };
	__builtin_memcpy(key.src, t->src, sizeof(key.src));
	__builtin_memcpy(key.dst, t->dst, sizeof(key.dst));
	if (t->family == 4)
		key.proto = t->proto;
	__u64 now = bpf_ktime_get_boot_ns();
	if (!t->fragment) {
		struct fragment_value first = { .boot_ns = now, .sport = t->sport, .dport = t->dport, .proto = t->proto };
		bpf_map_update_elem(&fragments, &key, &first, BPF_ANY);
		return 0;
	}
	struct fragment_value *first = bpf_map_lookup_elem(&fragments, &key);
	if (!first || now - first->boot_ns > FRAGMENT_NS)
		return 0;
	t->sport = first->sport;
	t->dport = first->dport;
	t->proto = first->proto;
	return 0;
}
