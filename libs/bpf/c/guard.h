// Structs that both sides read: C here, TypeScript through the offsets that BTF gives (src/layout/offsets.generated.ts).
// Padding is explicit everywhere, so that an offset means the same on every machine. Addresses and ports stay in wire order.
#pragma once
#include <linux/types.h>

#define VNI_PRESENT 0x80000000u  // a VNI of 0 is a VNI
#define VLAN_PRESENT 0x1000      // so is VLAN 0 (priority tag)

// What the watch list said of a flow or an event: the rule in the low 24 bits, and where it matched.
#define RULE_MASK 0x00ffffffu
#define RULE_DESTINATION 0x80000000u
#define RULE_OUTER 0x40000000u

enum direction { INGRESS, EGRESS };

#define ICMP_READ 1 // `sport` of ICMP: type and code are there, of which 0, 0 would look like none

// One endpoint pair. IPv4 addresses lie in word 0. ICMP: `dport` holds the bytes type, code. A later fragment has no ports.
struct tuple {
	__u32 src[4], dst[4];
	__u16 sport, dport;
	__u8 proto;
	__u8 family;    // 4, 6; 0 = no IP header
	__u8 tcp_flags; // of this packet
	__u8 fragment;  // 1 = a later fragment
};

struct key4 {
	__u32 src, dst;
	__u16 sport, dport;
	__u8 proto, direction;
	__u16 vlan; // outermost tag | VLAN_PRESENT
	__u32 ifindex, vni;
};

struct key6 {
	__u32 src[4], dst[4];
	__u16 sport, dport;
	__u8 proto, direction;
	__u16 vlan;
	__u32 ifindex, vni;
};

// Counts of one flow, written by one CPU only, read by user space through mmap.
struct flow {
	__u32 generation, rule; // verdict of the watch list, and the list that gave it
	__u64 packets, bytes;
	__u32 first, last; // jiffies, low half: a clock that costs nothing, good to a tick
	__u32 sequence;    // odd while the slot changes owner
	__u8 tcp_flags;    // all seen, or-ed
	__u8 pad;
	__u16 inner_vlan;
};

struct flow4 { // one cache line
	struct flow flow;
	struct key4 key;
};

struct flow6 { // two
	struct flow flow;
	struct key6 key;
	__u64 pad[5];
};

_Static_assert(sizeof(struct flow4) == 64, "a v4 flow is a cache line");
_Static_assert(sizeof(struct flow6) == 128, "a v6 flow is two");

#define MAX_SNAPSHOT 256
#define GENERATION_MORE 0x80000000u // in a flow: its next packet is wanted too

// The first packet of a flow that the watch list knows, and those after it that are wanted as evidence. `snapshot` bytes of the frame follow.
struct event {
	__u64 boot_ns;
	struct tuple inner, outer; // outer.family = 0: not tunnelled
	__u32 ifindex, vni, rule, generation, length;
	__u16 vlan[2];
	__u8 direction;
	__u8 later;               // 1 = not the first packet
	__u16 snapshot;
	__u16 tag_type, tag;      // what the kernel took out of the frame: belongs behind the addresses. 0 = nothing
};

// Per CPU. "other" is a frame without an IP header that can be read; faults are counted besides, whether or not a flow was found.
struct tap_stats {
	__u64 other_packets, other_bytes;
	__u64 truncated, malformed, too_deep;
	__u64 fragments, tunnelled;
	__u64 evicted, evict_lost, evict_lost_packets, evict_lost_bytes;
	__u64 event_lost, chain_long;
};

struct drop_stats {
	__u64 dropped_packets, dropped_bytes;
	__u64 spared_safe, spared_nd, expired;
	__u64 truncated, malformed, too_deep, chain_long;
	__u64 clock_tick, clock_boot_ns; // the boot clock at a tick of the kernel
};

// One entry of the drop list. What it matches lies in the list's chain, so that a change takes effect whole.
struct drop_slot {
	__u64 expires_boot_ns; // 0 = free
	__u64 id[2];           // digest of the caller's id: a restarted tracer finds its slots again
};

struct drop_count {
	__u64 packets, bytes, last_boot_ns;
};
