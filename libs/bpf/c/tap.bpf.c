// The tap: sees every packet of an interface, on tc ingress and egress, and lets all of them go on.
//   1. parse to the innermost tuple (fast.h for the plain ones, parse.h for the rest)
//   2. find the flow's slot in this CPU's part of the table and count (flow.h)
//   3. if the slot's verdict is of an older watch list, ask the list, and report a match once (event.h, watch.h)
#include <linux/bpf.h>
#define parse_ctx struct __sk_buff
#define LOAD(ctx, at, to, size) bpf_skb_load_bytes(ctx, at, to, size)
#include "event.h"
#include "fast.h"
#include "flow.h"
#include "fragment.h"

#define NEXT -1 // TCX_NEXT, TC_ACT_UNSPEC: other programs on the hook run as well

static __always_inline __u64 key_ports(__u32 ports, __u8 proto, __u8 direction, __u16 vlan)
{
	return ports | (__u64)proto << 32 | (__u64)direction << 40 | (__u64)vlan << 48;
}

static __always_inline __u16 offloaded_vlan(struct __sk_buff *skb)
{
	return skb->vlan_present ? (skb->vlan_tci & 0xfff) | VLAN_PRESENT : 0;
}

// The packet as the fast path saw it, for the watch list: off the path that every packet takes.
static __noinline void judge4(struct __sk_buff *skb, struct flow4 *f, __u8 tcp_flags)
{
	struct packet p = { .vlan = { f->key.vlan } };
	p.inner.src[0] = f->key.src;
	p.inner.dst[0] = f->key.dst;
	p.inner.sport = f->key.sport;
	p.inner.dport = f->key.dport;
	p.inner.proto = f->key.proto;
	p.inner.family = 4;
	p.inner.tcp_flags = tcp_flags;
	judge(skb, &p, &f->flow, f->key.direction);
}

static __noinline void judge6(struct __sk_buff *skb, struct flow6 *f, __u8 tcp_flags)
{
	struct packet p = { .vlan = { f->key.vlan } };
	__builtin_memcpy(p.inner.src, f->key.src, 16);
	__builtin_memcpy(p.inner.dst, f->key.dst, 16);
	p.inner.sport = f->key.sport;
	p.inner.dport = f->key.dport;
	p.inner.proto = f->key.proto;
	p.inner.family = 6;
	p.inner.tcp_flags = tcp_flags;
	judge(skb, &p, &f->flow, f->key.direction);
}

static __always_inline struct flow4 *count4(struct __sk_buff *skb, const __u64 *key, __u8 tcp_flags)
{
	__u32 i = set_of(key, 3), now = bpf_jiffies64();
	struct set4 *set = bpf_map_lookup_elem(&flows4, &i);
	if (!set)
		return 0;
	struct flow *f = claim(set, sizeof(struct flow4), key, 3, now);
	count(f, skb->len, tcp_flags, now);
	return (void *)f;
}

static __always_inline struct flow6 *count6(struct __sk_buff *skb, const __u64 *key, __u8 tcp_flags)
{
	__u32 i = set_of(key, 6), now = bpf_jiffies64();
	struct set6 *set = bpf_map_lookup_elem(&flows6, &i);
	if (!set)
		return 0;
	struct flow *f = claim(set, sizeof(struct flow6), key, 6, now);
	count(f, skb->len, tcp_flags, now);
	return (void *)f;
}

static __always_inline void count_faults(struct __sk_buff *skb, struct packet *p)
{
	struct tap_stats *s = stats();
	if (!s)
		return;
	if (p->fault == TRUNCATED)
		s->truncated++;
	if (p->fault == MALFORMED)
		s->malformed++;
	if (p->fault == TOO_DEEP)
		s->too_deep++;
	if (p->inner.fragment)
		s->fragments++;
	if (p->outer.family)
		s->tunnelled++;
	if (!p->inner.family) {
		s->other_packets++;
		s->other_bytes += skb->len;
	}
}

// Everything that is not plain. A global function: the verifier looks at it once, for both programs.
__noinline int tap_rest(struct __sk_buff *skb, __u8 direction)
{
	struct packet p = { .limit = skb->len, .next_vlan = { offloaded_vlan(skb) } };
	struct tuple *t = &p.inner;
	parse(skb, &p);
	count_faults(skb, &p);
	if (p.fragmented)
		join_fragments(skb, &p, direction);
	__u64 ports = key_ports((__u32)t->dport << 16 | t->sport, t->proto, direction, p.vlan[0]);
	__u64 where = skb->ifindex | (__u64)p.vni << 32;
	struct flow *f = 0;
	if (t->family == 4) {
		__u64 key[3] = { (__u64)t->dst[0] << 32 | t->src[0], ports, where };
		f = (void *)count4(skb, key, t->tcp_flags);
	} else if (t->family == 6) {
		__u64 key[6] = {
			(__u64)t->src[1] << 32 | t->src[0], (__u64)t->src[3] << 32 | t->src[2],
			(__u64)t->dst[1] << 32 | t->dst[0], (__u64)t->dst[3] << 32 | t->dst[2], ports, where,
		};
		f = (void *)count6(skb, key, t->tcp_flags);
	}
	if (!f)
		return 0;
	f->inner_vlan = p.vlan[1];
	if (f->generation != generation)
		judge(skb, &p, f, direction);
	return 0;
}

static __always_inline int tap(struct __sk_buff *skb, __u8 direction)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct fast fast;
	struct iphdr *ip4 = fast_ipv4(data, end, &fast);
	if (ip4) {
		__u64 key[3] = { (__u64)ip4->daddr << 32 | ip4->saddr, key_ports(fast.ports, fast.proto, direction, offloaded_vlan(skb)), skb->ifindex };
		struct flow4 *f = count4(skb, key, fast.tcp_flags);
		if (f && f->flow.generation != generation)
			judge4(skb, f, fast.tcp_flags);
		return NEXT;
	}
	struct ipv6hdr *ip6 = fast_ipv6(data, end, &fast);
	if (ip6) {
		__u32 *s = (void *)&ip6->saddr;
		__u64 key[6] = {
			(__u64)s[1] << 32 | s[0], (__u64)s[3] << 32 | s[2], (__u64)s[5] << 32 | s[4], (__u64)s[7] << 32 | s[6],
			key_ports(fast.ports, fast.proto, direction, offloaded_vlan(skb)), skb->ifindex,
		};
		struct flow6 *f = count6(skb, key, fast.tcp_flags);
		if (f && f->flow.generation != generation)
			judge6(skb, f, fast.tcp_flags);
		return NEXT;
	}
	tap_rest(skb, direction);
	return NEXT;
}

SEC("tc")
int tap_ingress(struct __sk_buff *skb)
{
	return tap(skb, INGRESS);
}

SEC("tc")
int tap_egress(struct __sk_buff *skb)
{
	return tap(skb, EGRESS);
}

// Ties jiffies to the boot clock. Not attached: run by bpf_prog_test_run.
volatile __u64 clock_boot_ns, clock_jiffies;

SEC("tc")
int clocks(struct __sk_buff *skb)
{
	clock_boot_ns = bpf_ktime_get_boot_ns();
	clock_jiffies = bpf_jiffies64();
	return 0;
}

char _license[] SEC("license") = "GPL";
