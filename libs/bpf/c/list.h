// A prefix list as one array of 16-byte units, built in user space (src/list/) and swapped whole. It serves the watch list and the drop
// list: an address leads to the head of a chain of links, longest prefix first, so that no entry hides a shorter one.
//   unit 0           generation, first unit of cells, of segments, of links
//   unit 1           first unit of IPv6 starts, of IPv6 heads, count of those, -
//   units 2..2^18+1  a node for each /18: 64 bits (which /24 has a cell of its own), index of its first cell, head for all others
//   cells            {head, 0} for a whole /24, or {first segment, segments}; two to a unit
//   segments         low byte of the first address << 24 | head; four to a unit
//   links            value, proto | port << 16 (0 = any), next, flags
//   IPv6             sorted first addresses of ranges (high, low word), and their heads
#pragma once
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "guard.h"

#define LINK_SAFE 1
#define MAX_CHAIN 4096

struct unit {
	__u32 w[4];
};

// BPF_F_INNER_MAP lets each list have its own size. Sizes, not types: clang 14 leaves a type behind an inner map's pointer undefined.
struct list {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 16);
};

#define LIST_HOLDER(name) \
	struct { \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); \
		__uint(max_entries, 1); \
		__type(key, __u32); \
		__array(values, struct list); \
	} name SEC(".maps")

static __always_inline __u32 word_at(void *list, __u32 unit, __u32 word)
{
	struct unit *u = bpf_map_lookup_elem(list, &unit);
	return u ? u->w[word & 3] : 0;
}

static __always_inline __u32 bits_set(__u64 x)
{
	x -= (x >> 1) & 0x5555555555555555ull;
	x = (x & 0x3333333333333333ull) + ((x >> 2) & 0x3333333333333333ull);
	return (((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0full) * 0x0101010101010101ull) >> 56;
}

// Head of the chain for an address in host order; 0 = not listed.
static __noinline __u32 list_head4(void *list, __u32 address)
{
	__u32 zero = 0, i = 2 + (address >> 14), bit = (address >> 8) & 63;
	if (!list)
		return 0;
	struct unit *node = bpf_map_lookup_elem(list, &i);
	if (!node)
		return 0;
	__u64 own = (__u64)node->w[1] << 32 | node->w[0];
	if (!(own >> bit & 1))
		return node->w[3];
	struct unit *top = bpf_map_lookup_elem(list, &zero);
	if (!top)
		return 0;
	__u32 index = node->w[2] + bits_set(own & ((1ull << bit) - 1));
	i = top->w[1] + (index >> 1);
	struct unit *cell = bpf_map_lookup_elem(list, &i);
	if (!cell)
		return 0;
	__u32 first = index & 1 ? cell->w[2] : cell->w[0], count = index & 1 ? cell->w[3] : cell->w[1];
	if (!count)
		return first;
	__u32 lo = 0, hi = count, low = address & 255, found = 0;
	for (int k = 0; k < 9 && lo < hi; k++) { // the last segment that starts at or before the address
		__u32 mid = (lo + hi) >> 1, at = first + mid, segment = word_at(list, top->w[2] + (at >> 2), at);
		if ((segment >> 24) <= low) {
			found = segment;
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return found & 0xffffff;
}

// Searches and walks are bpf_loop callbacks: the verifier looks at a callback once, not at every path through a loop of it.
struct search6 {
	void *list;
	__u64 high, low;
	__u32 from, to, base;
};

static long search6_step(__u32 n, struct search6 *s)
{
	if (s->from >= s->to)
		return 1;
	__u32 mid = (s->from + s->to) >> 1, i = s->base + mid;
	struct unit *u = bpf_map_lookup_elem(s->list, &i);
	if (!u)
		return 1;
	__u64 high = (__u64)u->w[1] << 32 | u->w[0], low = (__u64)u->w[3] << 32 | u->w[2];
	if (high < s->high || (high == s->high && low <= s->low))
		s->from = mid + 1;
	else
		s->to = mid;
	return 0;
}

static __noinline __u32 list_head6(void *list, const __u32 *address)
{
	__u32 one = 1;
	if (!list)
		return 0;
	struct unit *top = bpf_map_lookup_elem(list, &one);
	if (!top || !top->w[2])
		return 0;
	struct search6 s = {
		.list = list,
		.high = (__u64)bpf_ntohl(address[0]) << 32 | bpf_ntohl(address[1]),
		.low = (__u64)bpf_ntohl(address[2]) << 32 | bpf_ntohl(address[3]),
		.to = top->w[2],
		.base = top->w[0],
	};
	bpf_loop(25, search6_step, &s, 0); // 2^24 ranges
	return s.from ? word_at(list, top->w[1] + ((s.from - 1) >> 2), s.from - 1) : 0;
}

static __always_inline __u32 list_head(void *list, __u8 family, const __u32 *address)
{
	return family == 4 ? list_head4(list, bpf_ntohl(address[0])) : family == 6 ? list_head6(list, address) : 0;
}

static __always_inline int has_ports(__u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP;
}
