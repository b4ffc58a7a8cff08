import { PacketSocket, type SocketFrame } from '../live/packet-socket.js';
import { socketFilter } from '../live/socket-filter.js';
import type { NetInterface } from '../net/rtnetlink.js';
import type { TapInterface } from '../tap.port.js';

const RING_BYTES = 8 << 20;
/** Headers and evidence; the rest of a frame is nobody's business. */
export const SNAP_BYTES = 512;

/** One interface, read through a packet socket. */
export class PcapInterface {
  private socket: PacketSocket | undefined;
  private problem: string | undefined;
  private missedBefore = 0;

  constructor(
    readonly net: NetInterface,
    private readonly take: (frame: SocketFrame) => void,
  ) {
    this.open();
  }

  /** Frames that the ring had no room for. */
  get missed(): number {
    this.socket?.readStatistics();
    return this.missedBefore + (this.socket?.dropped ?? 0);
  }

  /** Opens it where it is not: an interface that is down ends its socket. */
  open(): void {
    if (this.socket !== undefined) return;
    try {
      const socket = new PacketSocket(this.net.ifindex, socketFilter({}, SNAP_BYTES), RING_BYTES);
      this.socket = socket;
      this.problem = undefined;
      socket.listen(this.take, () => this.close());
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  describe(dropsWanted: boolean): TapInterface {
    const { name, ifindex } = this.net;
    const problem = this.problem ?? (dropsWanted ? 'a pcap tap drops nothing: the drop list does not hold here' : undefined);
    return {
      name,
      ifindex,
      tap: this.problem === undefined ? 'pcap' : 'none',
      xdp: dropsWanted ? 'unavailable' : 'off',
      ...(problem === undefined ? {} : { problem }),
    };
  }

  close(): void {
    this.socket?.close();
    this.missedBefore += this.socket?.dropped ?? 0;
    this.socket = undefined;
  }
}
