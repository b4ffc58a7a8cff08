// Fills a ring with records of the tap's event size: what a reader can take is measured without a network.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} records SEC(".maps");

SEC("tc")
int fill(struct __sk_buff *skb)
{
	__u64 *record = bpf_ringbuf_reserve(&records, RECORD, 0);

	if (!record)
		return 1;
	__builtin_memset(record, 0, RECORD);
	record[0] = bpf_ktime_get_boot_ns();
	__u8 *event = (__u8 *)record; // no two alike, as in a flood: what is decoded again and again is too cheap
	*(__u32 *)(event + SRC_AT) = bpf_get_prandom_u32();
	*(__u32 *)(event + DST_AT) = bpf_get_prandom_u32();
	*(__u32 *)(event + PORTS_AT) = bpf_get_prandom_u32();
	*(__u32 *)(event + RULE_AT) = bpf_get_prandom_u32() & 0xffffff;
	event[PROTO_AT] = 6;
	event[FAMILY_AT] = 4;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

char _license[] SEC("license") = "GPL";
