// XDP: enforces the drop list. Attached only while a list is in force.
//   1. plain packets: two look-ups; on they go where neither address is listed, else walk the chains of both endpoints
//   2. the rest: parse whole (parse.h); walk the chains of the outer and the inner tuple
//   3. a safe endpoint or neighbour discovery: pass, whatever the list says. A live entry: count and drop.
// What has no IP header (ARP, LLDP, BDDP...) has no address to be listed, and always passes.
#include <linux/bpf.h>
#define parse_ctx struct xdp_md
#define LOAD(ctx, at, to, size) bpf_xdp_load_bytes(ctx, at, to, size)
#include "fast.h"
#include "list.h"

#define MAX_DROPS 16384 // 24 bytes a CPU each for the counts

LIST_HOLDER(drop_lists);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, MAX_DROPS);
	__type(key, __u32);
	__type(value, struct drop_slot);
} drops SEC(".maps");

struct { // per CPU: no atomics under a flood
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_DROPS);
	__type(key, __u32);
	__type(value, struct drop_count);
} drop_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct drop_stats);
} drop_stats SEC(".maps");

// A bit for each IPv4 /16 that any entry meets: 8 KiB that stay in the cache, and no call. User space sets bits before it swaps a list
// in and clears them after, so that a bit may be set for nothing, but is never missing.
volatile __u32 coarse4[(1 << 16) / 32];

static __always_inline int may_list4(__u32 address)
{
	return coarse4[address >> 21] >> (address >> 16 & 31) & 1;
}

// The boot clock as of the last tick of the kernel: a reading of it costs as much as the rest of a drop. An entry ends at the tick after
// its expiry, at the latest.
static __always_inline __u64 boot_now(struct drop_stats *stats)
{
	__u64 tick = bpf_jiffies64();
	if (stats->clock_tick != tick) {
		stats->clock_tick = tick;
		stats->clock_boot_ns = bpf_ktime_get_boot_ns();
	}
	return stats->clock_boot_ns;
}

// What the chains of a packet's endpoints say.
struct outcome {
	__u64 now;
	__u32 slot; // of the first live entry, 0 = none
	__u8 safe, expired, chain_long, pad;
};

struct scan {
	void *list;
	struct outcome *o;
	__u32 links, at, slot;
	__u16 port, peer_port; // host order; 0 = none
	__u8 proto, fragment;
};

// A safe endpoint's port may be on either side (a BGP peer connects or is connected to), and its fragments are safe too.
static __always_inline int is_safe(struct scan *s, __u32 port)
{
	return !port || port == s->port || port == s->peer_port || s->fragment;
}

static long scan_step(__u32 n, struct scan *s)
{
	__u32 i = s->links + s->at;
	struct unit *link = s->at ? bpf_map_lookup_elem(s->list, &i) : 0;
	if (!link) {
		s->at = 0;
		return 1;
	}
	__u32 slot = link->w[0], proto = link->w[1] & 0xff, port = link->w[1] >> 16;
	s->at = link->w[2];
	if (proto && proto != s->proto)
		return 0;
	if (link->w[3] & LINK_SAFE) {
		s->o->safe |= is_safe(s, port);
		return 0;
	}
	if (s->slot || (port && port != s->port))
		return 0;
	struct drop_slot *drop = bpf_map_lookup_elem(&drops, &slot);
	if (!drop)
		return 0;
	if (drop->expires_boot_ns > s->o->now)
		s->slot = slot;
	else
		s->o->expired = 1;
	return 0;
}

// Most chains are one link long: that one without a loop.
static __always_inline void scan_endpoint(struct scan *s, __u32 head, __u16 port, __u16 peer_port)
{
	if (!head)
		return;
	s->at = head;
	s->slot = 0;
	s->port = bpf_ntohs(port);
	s->peer_port = bpf_ntohs(peer_port);
	scan_step(0, s);
	if (s->at)
		bpf_loop(MAX_CHAIN, scan_step, s, 0);
	s->o->chain_long |= !!s->at;
	if (!s->o->slot)
		s->o->slot = s->slot;
}

__noinline int scan_tuple(struct tuple *t, struct outcome *o)
{
	__u32 zero = 0;
	if (!t || !o)
		return 0;
	void *list = bpf_map_lookup_elem(&drop_lists, &zero);
	if (!list)
		return 0;
	struct unit *top = bpf_map_lookup_elem(list, &zero);
	if (!top)
		return 0;
	__u16 sport = has_ports(t->proto) ? t->sport : 0, dport = has_ports(t->proto) ? t->dport : 0;
	struct outcome found = { .now = o->now };
	struct scan s = { .list = list, .o = &found, .links = top->w[3], .proto = t->proto, .fragment = t->fragment };
	scan_endpoint(&s, list_head(list, t->family, t->src), sport, dport);
	scan_endpoint(&s, list_head(list, t->family, t->dst), dport, sport);
	o->safe |= found.safe;
	o->expired |= found.expired;
	o->chain_long |= found.chain_long;
	if (!o->slot)
		o->slot = found.slot;
	return 0;
}

// RFC 4861: router and neighbour solicitation and advertisement, redirect.
static __always_inline int is_neighbour_discovery(struct tuple *t)
{
	__u8 type = t->dport & 0xff;
	return t->family == 6 && t->proto == IPPROTO_ICMPV6 && !t->fragment && type >= 133 && type <= 137;
}

// Faults are counted here for frames that get as far as this; the tap, which sees the rest, counts them all.
static __always_inline void count_faults(struct drop_stats *stats, struct packet *p)
{
	if (p->fault == TRUNCATED)
		stats->truncated++;
	if (p->fault == MALFORMED)
		stats->malformed++;
	if (p->fault == TOO_DEEP)
		stats->too_deep++;
}

// Counts, and says what becomes of the packet.
static __always_inline int conclude(struct drop_stats *stats, struct outcome *o, __u32 length, int is_nd)
{
	if (o->chain_long)
		stats->chain_long++;
	if (o->expired && !o->slot)
		stats->expired++;
	if (!o->slot)
		return XDP_PASS;
	if (o->safe) {
		stats->spared_safe++;
		return XDP_PASS;
	}
	if (is_nd) {
		stats->spared_nd++;
		return XDP_PASS;
	}
	__u32 slot = o->slot;
	struct drop_count *c = bpf_map_lookup_elem(&drop_counts, &slot);
	if (c) {
		c->packets++;
		c->bytes += length;
		c->last_boot_ns = o->now;
	}
	stats->dropped_packets++;
	stats->dropped_bytes += length;
	return XDP_DROP;
}

// What is not plain. A global function: the verifier looks at it once, for both programs.
__noinline int decide(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct packet p = { .limit = bpf_xdp_get_buff_len(ctx) };
	__u32 length = p.limit;
	struct drop_stats *stats = bpf_map_lookup_elem(&drop_stats, &zero);
	if (!stats)
		return XDP_PASS;
	struct outcome o = { .now = boot_now(stats) };
	parse(ctx, &p);
	scan_tuple(&p.inner, &o);
	if (p.outer.family)
		scan_tuple(&p.outer, &o);
	count_faults(stats, &p);
	return conclude(stats, &o, length, is_neighbour_discovery(&p.inner));
}

// A plain packet, whose heads are known: nothing is read twice.
static __always_inline int decide_plain(struct xdp_md *ctx, void *list, __u32 src_head, __u32 dst_head, struct fast *f, __u32 length)
{
	__u32 zero = 0;
	struct drop_stats *stats = bpf_map_lookup_elem(&drop_stats, &zero);
	struct unit *top = bpf_map_lookup_elem(list, &zero);
	if (!stats || !top)
		return XDP_PASS;
	__u16 sport = f->ports, dport = f->ports >> 16;
	struct outcome o = { .now = boot_now(stats) };
	struct scan s = { .list = list, .o = &o, .links = top->w[3], .proto = f->proto };
	scan_endpoint(&s, src_head, sport, dport);
	scan_endpoint(&s, dst_head, dport, sport);
	return conclude(stats, &o, length, 0);
}

static __always_inline int drop(struct xdp_md *ctx, int frags)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 zero = 0, src_head = 0, dst_head = 0;
	struct fast fast;
	struct iphdr *ip4 = fast_ipv4(data, end, &fast);
	if (ip4) {
		__u32 src = bpf_ntohl(ip4->saddr), dst = bpf_ntohl(ip4->daddr);
		int may_src = may_list4(src), may_dst = may_list4(dst);
		if (!may_src && !may_dst)
			return XDP_PASS;
		void *list = bpf_map_lookup_elem(&drop_lists, &zero);
		if (!list)
			return XDP_PASS;
		if (may_src)
			src_head = list_head4(list, src);
		if (may_dst)
			dst_head = list_head4(list, dst);
		if (!src_head && !dst_head)
			return XDP_PASS;
		return decide_plain(ctx, list, src_head, dst_head, &fast, frags ? bpf_xdp_get_buff_len(ctx) : end - data);
	}
	struct ipv6hdr *ip6 = fast_ipv6(data, end, &fast);
	if (!ip6)
		return decide(ctx);
	__u32 src[4], dst[4];
	__builtin_memcpy(src, &ip6->saddr, 16);
	__builtin_memcpy(dst, &ip6->daddr, 16);
	void *list = bpf_map_lookup_elem(&drop_lists, &zero);
	if (!list)
		return XDP_PASS;
	src_head = list_head6(list, src);
	dst_head = list_head6(list, dst);
	if (!src_head && !dst_head)
		return XDP_PASS;
	return decide_plain(ctx, list, src_head, dst_head, &fast, frags ? bpf_xdp_get_buff_len(ctx) : end - data);
}

// Native: `frags` lets it be attached where the MTU needs more than one buffer. Offsets are read by copy, so nothing is missed there.
SEC("xdp.frags")
int drop_native(struct xdp_md *ctx)
{
	return drop(ctx, 1);
}

// Generic: without `frags`, for which Linux 6.18 copies the skb and forgets its mac_len: tc ingress then begins at the IP header.
SEC("xdp")
int drop_generic(struct xdp_md *ctx)
{
	return drop(ctx, 0);
}

char _license[] SEC("license") = "GPL";
