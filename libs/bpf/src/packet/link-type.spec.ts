import { describe, expect, it } from 'vitest';
import { bytes, is4, is6, tcp4, tcp6, type Want } from '../testing/crafted/crafted.js';
import * as f from '../testing/frames.js';
import { readFrames } from '../testing/read-frames.js';
import { LINK } from './link-type.js';

const join = (...parts: Buffer[]): Buffer => Buffer.concat(parts);
const sll = (type: number, hardware = 1): Buffer =>
  join(bytes(0, 0, hardware >> 8, hardware & 255, 0, 6), Buffer.alloc(8), bytes(type >> 8, type & 255));
const sll2 = (type: number): Buffer => join(bytes(type >> 8, type & 255, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6), Buffer.alloc(8));
const snap = bytes(0xaa, 0xaa, 3, 0, 0, 0, 8, 0);

const readable: [string, number, Buffer, Want][] = [
  ['raw IPv4', LINK.raw, tcp4(1), is4(1)],
  ['raw IPv6', LINK.raw, tcp6(2), is6(2)],
  ['raw of BSD', LINK.rawBsd, tcp4(3), is4(3)],
  ['raw of OpenBSD', LINK.rawOpenBsd, tcp6(4), is6(4)],
  ['IPv4 only', LINK.ipv4, tcp4(5), is4(5)],
  ['IPv6 only', LINK.ipv6, tcp6(6), is6(6)],
  ['null, little endian', LINK.null, join(bytes(2, 0, 0, 0), tcp4(7)), is4(7)],
  ['null, big endian', LINK.null, join(bytes(0, 0, 0, 2), tcp4(8)), is4(8)],
  ['null of Darwin', LINK.null, join(bytes(30, 0, 0, 0), tcp6(9)), is6(9)],
  ['null of FreeBSD', LINK.null, join(bytes(0, 0, 0, 28), tcp6(10)), is6(10)],
  ['null of NetBSD', LINK.null, join(bytes(24, 0, 0, 0), tcp6(10)), is6(10)],
  ['loopback of OpenBSD', LINK.loop, join(bytes(0, 0, 0, 24), tcp6(11)), is6(11)],
  ['SLL', LINK.linuxSll, join(sll(0x800), tcp4(12)), is4(12)],
  ['SLL, tagged', LINK.linuxSll, join(sll(0x8100), f.tag(5, 0x86dd, tcp6(13))), { ...is6(13), vlan: [5] }],
  ['SLL, 802.2', LINK.linuxSll, join(sll(4), snap, tcp4(14)), is4(14)],
  ['SLL2', LINK.linuxSll2, join(sll2(0x86dd), tcp6(15)), is6(15)],
  ['PPP', LINK.ppp, join(bytes(0xff, 3, 0, 0x21), tcp4(16)), is4(16)],
  ['PPP without address and control', LINK.ppp, join(bytes(0, 0x57), tcp6(17)), is6(17)],
  ['PPP in HDLC', LINK.pppHdlc, join(bytes(0xff, 3, 0, 0x21), tcp4(18)), is4(18)],
  ['PPP with a direction', LINK.pppWithDirection, join(bytes(1, 0xff, 3, 0, 0x21), tcp4(19)), is4(19)],
  ['Cisco HDLC, called PPP', LINK.ppp, join(bytes(0x8f, 0, 0x86, 0xdd), tcp6(20)), is6(20)],
  ['Cisco HDLC', LINK.ciscoHdlc, join(bytes(0x0f, 0, 8, 0), tcp4(20)), is4(20)],
  ['PPPoE', LINK.pppEther, f.pppoe(0x21, tcp4(21)), is4(21)],
  ['FDDI', LINK.fddi, join(bytes(0x50), Buffer.alloc(12), snap, tcp4(22)), is4(22)],
];

describe('link types', () => {
  it.each(readable)('%s', (_, linkType, frame, want) => {
    expect(readFrames([{ frame, linkType }])).toMatchObject({ flows: [{ packets: 1, bytes: frame.length, ...want }], faults: [''] });
  });

  it.each([
    ['raw of no version', LINK.raw, Buffer.alloc(40, 0x50), 'malformed'],
    ['null of AppleTalk', LINK.null, join(bytes(16, 0, 0, 0), tcp4(1)), 'not IP'],
    ['SLL of netlink', LINK.linuxSll, join(sll(0x800, 824), tcp4(1)), 'not IP'],
    ['SLL, Novell', LINK.linuxSll, join(sll(1), tcp4(1)), 'not IP'],
    ['SLL cut short', LINK.linuxSll, bytes(0, 0, 0, 1), 'truncated'],
    ['FDDI, management', LINK.fddi, join(bytes(0x41), Buffer.alloc(12), snap, tcp4(1)), 'not IP'],
    ['IEEE 802.11', 105, tcp4(1), 'not IP'],
  ])('%s is in no flow', (_, linkType, frame, fault) => {
    expect(readFrames([{ frame, linkType }])).toMatchObject({ flows: [], others: 1, faults: [fault] });
  });
});
