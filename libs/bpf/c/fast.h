// The straight path: Ethernet, IPv4 without options or IPv6 without extension headers, TCP or UDP, whole and in linear data.
// Anything else, tunnels among it, is left to parse.h.
#pragma once
#include <linux/if_ether.h>
#include "parse.h"

struct fast {
	__u32 ports; // source in the low half, both in wire order
	__u8 proto, tcp_flags;
};

static __always_inline int fast_transport(void *at, void *end, __u8 proto, __u32 length, struct fast *f)
{
	__u32 *ports = at;
	f->proto = proto;
	f->tcp_flags = 0;
	if (proto == IPPROTO_TCP) {
		if (length < 20 || at + 20 > end)
			return 0;
		f->ports = ports[0];
		f->tcp_flags = ((__u8 *)at)[13];
		return 1;
	}
	if (proto != IPPROTO_UDP || length < 8 || at + 8 > end)
		return 0;
	f->ports = ports[0];
	__u16 dport = f->ports >> 16;
	return dport != bpf_htons(PORT_VXLAN) && dport != bpf_htons(PORT_GENEVE);
}

static __always_inline struct iphdr *fast_ipv4(void *data, void *end, struct fast *f)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(TYPE_IPV4))
		return 0;
	__u32 total = bpf_ntohs(ip->tot_len);
	if (*(__u8 *)ip != 0x45 || ip->frag_off & bpf_htons(0x3fff) || total < sizeof(*ip) || (void *)ip + sizeof(*ip) > end)
		return 0;
	return fast_transport(ip + 1, end, ip->protocol, total - sizeof(*ip), f) ? ip : 0;
}

static __always_inline struct ipv6hdr *fast_ipv6(void *data, void *end, struct fast *f)
{
	struct ethhdr *eth = data;
	struct ipv6hdr *ip = data + sizeof(*eth);
	if ((void *)(ip + 1) > end || eth->h_proto != bpf_htons(TYPE_IPV6) || ip->version != 6)
		return 0;
	return fast_transport(ip + 1, end, ip->nexthdr, bpf_ntohs(ip->payload_len), f) ? ip : 0;
}
