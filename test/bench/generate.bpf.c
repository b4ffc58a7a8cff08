// Source of packets for BPF_F_TEST_XDP_LIVE_FRAMES: TCP of many flows in scattered order, given to the stack in batches of 64 as a NIC's
// NAPI does. In no fixed order: what lies in the order of first sight is what a prefetcher guesses.
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SRC_AT 26
#define SPORT_AT 34

volatile __u32 flows = 10000; // 0 = hardly one packet like another

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	__u8 *p = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 i = bpf_get_prandom_u32(), n = flows;
	if (p + SPORT_AT + 2 > end)
		return XDP_DROP;
	if (n)
		i %= n;
	__u32 h = i * 2654435761u;
	*(__u32 *)(p + SRC_AT) = h | bpf_htonl(0x101); // the third and fourth byte are odd: what lists.ts lists is not
	*(__u16 *)(p + SPORT_AT) = h >> 16;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
