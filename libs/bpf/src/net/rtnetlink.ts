import koffi from 'koffi';
import { BpfError } from '../libbpf/bpf-error.js';
import { closeFd } from '../libbpf/links.js';
import { libc } from '../libbpf/native.js';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 1;
const RTM_GETLINK = 18;
const RTM_NEWLINK = 16;
const NLM_F_REQUEST_DUMP = 0x301;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSG_HEADER = 16;
const IFINFO = 16;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const ATTRIBUTE_MASK = 0x3fff;
const RECEIVE_BYTES = 1 << 18;
const DEBOUNCE_MS = 20;

/** An interface of the network namespace that this process is in. /sys/class/net may show another one's: it belongs to the mount. */
export interface NetInterface {
  readonly name: string;
  readonly ifindex: number;
  /** ARPHRD_*: 1 = Ethernet, 772 = loopback. */
  readonly hardware: number;
  /** `veth`, `bridge`, `vxlan`...; empty for hardware. */
  readonly kind: string;
}

function open(groups: number, flags: number): number {
  const fd = libc.socket(AF_NETLINK, SOCK_RAW_CLOEXEC | flags, NETLINK_ROUTE);
  if (fd < 0) throw new BpfError('open a netlink socket', koffi.errno());
  const address = Buffer.alloc(12); // struct sockaddr_nl: family, pad, pid, groups
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(groups, 8);
  if (libc.bindSocket(fd, address, address.length) < 0) {
    closeFd(fd);
    throw new BpfError('bind a netlink socket', koffi.errno());
  }
  return fd;
}

/** All interfaces (RTM_GETLINK dump, rtnetlink(7)). Throws BpfError. */
export function listInterfaces(): NetInterface[] {
  const fd = open(0, 0);
  try {
    const request = Buffer.alloc(NLMSG_HEADER + IFINFO);
    request.writeUInt32LE(request.length, 0);
    request.writeUInt16LE(RTM_GETLINK, 4);
    request.writeUInt16LE(NLM_F_REQUEST_DUMP, 6);
    if (libc.send(fd, request, request.length, 0) < 0) throw new BpfError('ask for interfaces', koffi.errno());
    const found: NetInterface[] = [];
    const data = Buffer.alloc(RECEIVE_BYTES);
    for (;;) {
      const length = libc.receive(fd, data, data.length, 0);
      if (length <= 0) throw new BpfError('read interfaces', koffi.errno());
      if (!readMessages(data.subarray(0, length), found)) return found;
    }
  } finally {
    closeFd(fd);
  }
}

/** False at the end of the dump. */
function readMessages(data: Buffer, found: NetInterface[]): boolean {
  for (let at = 0; at + NLMSG_HEADER <= data.length;) {
    const length = data.readUInt32LE(at);
    const type = data.readUInt16LE(at + 4);
    if (type === NLMSG_DONE || length < NLMSG_HEADER) return false;
    if (type === NLMSG_ERROR) throw new BpfError('read interfaces', -data.readInt32LE(at + NLMSG_HEADER));
    if (type === RTM_NEWLINK) found.push(readLink(data.subarray(at + NLMSG_HEADER, at + length)));
    at += (length + 3) & ~3;
  }
  return true;
}

function readLink(link: Buffer): NetInterface {
  const top = attributes(link.subarray(IFINFO));
  const info = attributes(top.get(IFLA_LINKINFO) ?? Buffer.alloc(0));
  return {
    name: text(top.get(IFLA_IFNAME)),
    ifindex: link.readInt32LE(4),
    hardware: link.readUInt16LE(2),
    kind: text(info.get(IFLA_INFO_KIND)),
  };
}

function attributes(data: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at + 4 <= data.length;) {
    const length = data.readUInt16LE(at);
    if (length < 4) break;
    found.set(data.readUInt16LE(at + 2) & ATTRIBUTE_MASK, data.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

/** Up to the terminating 0. */
const text = (bytes: Buffer | undefined): string => bytes?.toString('latin1').replace(/\0.*$/s, '') ?? '';

/** Calls `onChange` soon after interfaces come, go or change. Returns how to stop. Throws BpfError. */
export function watchInterfaces(onChange: () => void): () => void {
  const fd = open(RTMGRP_LINK, SOCK_NONBLOCK);
  const data = Buffer.alloc(RECEIVE_BYTES);
  let timer: NodeJS.Timeout | undefined;
  const poll = koffi.node.poll(fd, { readable: true }, () => {
    // What it says does not matter, nor an overrun (ENOBUFS): all is listed anew.
    while (libc.receive(fd, data, data.length, 0) > 0);
    timer ??= setTimeout(() => {
      timer = undefined;
      onChange();
    }, DEBOUNCE_MS);
  });
  return () => {
    clearTimeout(timer);
    poll.stop();
    poll.close();
    closeFd(fd);
  };
}
