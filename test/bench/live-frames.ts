import { BpfObject } from '../../libs/bpf/src/libbpf/bpf-object.js';
import { testRun } from '../../libs/bpf/src/libbpf/test-run.js';
import { ethernet, ipv4, TYPE, PROTO } from '../../libs/bpf/src/testing/frames.js';

const FRAME = 128;
const TCP_ACK = 0x10;
const BPF_F_TEST_XDP_LIVE_FRAMES = 2;
/** struct xdp_md: data_end, ingress_ifindex. */
const CONTEXT = { size: 24, dataEnd: 4, ifindex: 12 } as const;

/** The address that all packets go to. */
export const TARGET = '10.99.0.2';

/** Packets of generate.bpf.c that arrive on an interface of this process's namespace. `send` returns when the stack has had them all. */
export class LiveFrames {
  private readonly generator: BpfObject;
  private readonly context = Buffer.alloc(CONTEXT.size);

  constructor(object: string, ifindex: number) {
    this.generator = new BpfObject(object).load();
    this.context.writeUInt32LE(FRAME, CONTEXT.dataEnd);
    this.context.writeUInt32LE(ifindex, CONTEXT.ifindex);
  }

  /** `flows` 0: hardly one packet like another. */
  send(packets: number, flows: number): void {
    this.generator.global('flows').setUint32(0, flows, true);
    testRun(this.generator.program('generate'), frame, { repeat: packets, context: this.context, flags: BPF_F_TEST_XDP_LIVE_FRAMES });
  }
}

const tcp = Buffer.alloc(FRAME - 34);
tcp.writeUInt16BE(443, 2);
tcp[12] = 0x50;
tcp[13] = TCP_ACK;
/** For 02:00:00:00:0b:01, the far end of the wire. The generator puts the source in; checksums are left out, so it ends at the IP layer. */
const frame = ethernet(TYPE.ipv4, ipv4({ src: '10.0.0.1', dst: TARGET, proto: PROTO.tcp }, tcp));
Buffer.from('020000000b01', 'hex').copy(frame);
