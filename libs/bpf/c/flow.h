// The flow table: an array that user space maps, split by CPU (no atomics, no shared lines), set-associative (8 ways).
// 10,000 flows in 32,768 slots a CPU next to never evict; density is speed, so the table is no larger than that.
#pragma once
#include <bpf/bpf_helpers.h>
#include "guard.h"

#define WAYS 8
#define SET_BITS 12
#define SETS (1 << SET_BITS) // per CPU: 2 MiB of IPv4 flows, 4 MiB of IPv6
#define EVICT_WAKE 63        // the reader is woken at every 64th eviction, not at each

struct set4 {
	struct flow4 way[WAYS];
};
struct set6 {
	struct flow6 way[WAYS];
};

// max_entries = SETS x possible CPUs, set by the loader.
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct set4);
} flows4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct set6);
} flows6 SEC(".maps");

struct { // whole flow4 or flow6, told apart by length. 4 MiB hold 58,000 IPv4 flows.
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} evicted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_stats);
} tap_stats SEC(".maps");

const volatile __u64 seed = 1; // drawn by the loader: nobody outside can compute collisions

static __always_inline struct tap_stats *stats(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&tap_stats, &zero);
}

static __always_inline __u32 set_of(const __u64 *key, const int words)
{
	__u64 h = key[0] ^ seed;
#pragma unroll
	for (int i = 1; i < words; i++) {
		h *= 0x9E3779B97F4A7C15ull;
		h ^= (h >> 32) ^ key[i];
	}
	return bpf_get_smp_processor_id() * SETS + ((h * 0xD6E8FEB86659FD93ull) >> (64 - SET_BITS));
}

static __always_inline __u64 differs(const __u64 *a, const __u64 *b, const int words)
{
	__u64 x = 0;
#pragma unroll
	for (int i = 0; i < words; i++)
		x |= a[i] ^ b[i];
	return x;
}

// The counts of the slot's last owner go to user space. What does not fit is counted.
static __always_inline void evict(struct flow *f, const __u32 size)
{
	struct tap_stats *s = stats();
	if (!s)
		return;
	s->evicted++;
	if (bpf_ringbuf_output(&evicted, f, size, s->evicted & EVICT_WAKE ? BPF_RB_NO_WAKEUP : BPF_RB_FORCE_WAKEUP)) {
		s->evict_lost++;
		s->evict_lost_packets += f->packets;
		s->evict_lost_bytes += f->bytes;
	}
}

// A fetching atomic orders what stands before it and after it, on arm64 too; one whose result is unused would not.
static __always_inline void change_owner(__u32 *sequence)
{
	__u32 before = __sync_fetch_and_add(sequence, 1);
	asm volatile("" : : "r"(before));
}

// The slot of `key` in a set: its own, else an unused one, else the one last used longest ago.
static __always_inline struct flow *claim(void *set, const __u32 size, const __u64 *key, const int words, __u32 now)
{
	for (int w = 0; w < WAYS; w++)
		if (!differs(set + w * size + sizeof(struct flow), key, words))
			return set + w * size;
	struct flow *f = set;
	for (int w = 1; w < WAYS; w++) {
		struct flow *other = set + w * size;
		if (f->packets && (!other->packets || now - other->last > now - f->last))
			f = other;
	}
	if (f->packets)
		evict(f, size);
	__u64 *own = (void *)(f + 1);
	change_owner(&f->sequence);
#pragma unroll
	for (int i = 0; i < words; i++)
		own[i] = key[i];
	f->packets = f->bytes = 0;
	f->first = now;
	f->generation = f->rule = 0;
	f->tcp_flags = 0;
	f->inner_vlan = 0;
	change_owner(&f->sequence);
	return f;
}

// Not atomic: only this CPU writes the slot, and tc programs run with bottom halves off, so that nothing of ours comes between.
static __always_inline void count(struct flow *f, __u32 length, __u8 tcp_flags, __u32 now)
{
	f->packets++;
	f->bytes += length;
	f->last = now;
	f->tcp_flags |= tcp_flags;
}
