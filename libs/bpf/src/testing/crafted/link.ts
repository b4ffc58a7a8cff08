import * as f from '../frames.js';
import { bytes, eth4, is4, is6, tcp4, tcp6, type Crafted } from './crafted.js';

const { TYPE } = f;
const TPIDS = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];
const snap = (oui: number, type: number, payload: Buffer): Buffer =>
  Buffer.concat([bytes(0xaa, 0xaa, 3, 0, 0, oui, type >> 8, type & 255), payload]);
const llc = (payload: Buffer, length = payload.length): Buffer => f.ethernet(length, payload);

/** Two tags of every pair of TPIDs. */
const pairs: Crafted[] = TPIDS.flatMap((outer) =>
  TPIDS.map((inner) => ({
    name: `QinQ ${outer.toString(16)} ${inner.toString(16)}`,
    frame: f.ethernet(outer, f.tag(100, inner, f.tag(200, TYPE.ipv4, tcp4(1)))),
    want: { ...is4(1), vlan: [100, 200] },
  })),
);

export const LINK_FRAMES: Crafted[] = [
  { name: 'IPv4', frame: eth4(tcp4(1)), want: { ...is4(1), vlan: [], outer: null } },
  { name: 'IPv6', frame: f.ethernet(TYPE.ipv6, tcp6(2)), want: { ...is6(2), vlan: [], outer: null } },
  { name: 'VLAN', frame: f.ethernet(TYPE.vlan, f.tag(100, TYPE.ipv4, tcp4(3))), want: { ...is4(3), vlan: [100] } },
  { name: 'VLAN 0', frame: f.ethernet(TYPE.vlan, f.tag(0, TYPE.ipv4, tcp4(4))), want: { ...is4(4), vlan: [0] } },
  { name: 'priority bits', frame: f.ethernet(TYPE.vlan, f.tag(0xf064, TYPE.ipv6, tcp6(5))), want: { ...is6(5), vlan: [100] } },
  { name: 'QinQ 4095', frame: f.ethernet(TYPE.qinqOld, f.tag(4095, TYPE.vlan, f.tag(1, TYPE.ipv6, tcp6(6)))), want: { ...is6(6), vlan: [4095, 1] } },
  ...pairs,
  { name: '802.1ah', frame: f.ethernet(0x88e7, Buffer.concat([bytes(0, 0, 0, 9), f.ethernet(TYPE.vlan, f.tag(7, TYPE.ipv4, tcp4(23)))])), want: { ...is4(23), vlan: [7] } },
  { name: 'FabricPath', frame: f.ethernet(0x8903, Buffer.concat([bytes(0, 0x40), eth4(tcp4(24))])), want: is4(24) },
  { name: 'MPLS over IPv4', frame: f.ethernet(TYPE.mpls, f.mpls(3, tcp4(7))), want: is4(7) },
  { name: 'MPLS over IPv6', frame: f.ethernet(TYPE.mpls, f.mpls(1, tcp6(8))), want: is6(8) },
  { name: 'MPLS multicast', frame: f.ethernet(0x8848, f.mpls(1, tcp4(9))), want: is4(9) },
  { name: 'MPLS pseudowire', frame: f.ethernet(TYPE.mpls, f.mpls(1, Buffer.concat([Buffer.alloc(4), eth4(tcp4(10))]))), want: is4(10) },
  { name: 'MPLS, nothing that can be told', frame: f.ethernet(TYPE.mpls, f.mpls(1, Buffer.alloc(40, 0x55))), want: null },
  { name: 'PPPoE over IPv4', frame: f.ethernet(TYPE.pppoe, f.pppoe(0x21, tcp4(11))), want: is4(11) },
  { name: 'PPPoE over IPv6', frame: f.ethernet(TYPE.pppoe, f.pppoe(0x57, tcp6(12))), want: is6(12) },
  { name: 'PPPoE over MPLS', frame: f.ethernet(TYPE.pppoe, f.pppoe(0x281, f.mpls(1, tcp4(13)))), want: is4(13) },
  { name: 'PPPoE, protocol of one byte', frame: f.ethernet(TYPE.pppoe, Buffer.concat([bytes(0x11, 0, 0, 7, 0, 41, 0x21), tcp4(14)])), want: is4(14) },
  { name: 'PPPoE LCP', frame: f.ethernet(TYPE.pppoe, f.pppoe(0xc021, Buffer.alloc(20))), want: null },
  { name: 'PPPoE discovery', frame: f.ethernet(0x8863, f.pppoe(0x21, tcp4(15))), want: null },
  { name: 'VLAN, PPPoE', frame: f.ethernet(TYPE.vlan, f.tag(7, TYPE.pppoe, f.pppoe(0x21, tcp4(16)))), want: { ...is4(16), vlan: [7] } },
  { name: '802.3 SNAP', frame: llc(snap(0, TYPE.ipv4, tcp4(17))), want: is4(17) },
  { name: '802.3 SNAP, 802.1H', frame: llc(snap(0xf8, TYPE.ipv6, tcp6(18))), want: is6(18) },
  { name: '802.3 SNAP of a vendor', frame: llc(snap(0x0c, TYPE.ipv4, tcp4(19))), want: null },
  { name: '802.3 SNAP, tagged', frame: f.ethernet(TYPE.vlan, f.tag(9, 48, snap(0, TYPE.ipv4, tcp4(20)))), want: { ...is4(20), vlan: [9] } },
  { name: '802.3 LLC with the SAP of IP', frame: llc(Buffer.concat([bytes(6, 6, 3), tcp4(21)])), want: is4(21) },
  { name: '802.3 spanning tree', frame: llc(Buffer.concat([bytes(0x42, 0x42, 3), Buffer.alloc(35)])), want: null },
  { name: 'a length that is no length', frame: f.ethernet(1501, snap(0, TYPE.ipv4, tcp4(22))), want: null },
  { name: 'ARP', frame: f.ethernet(TYPE.arp, Buffer.alloc(28)), want: null },
  { name: 'LLDP', frame: f.ethernet(TYPE.lldp, Buffer.alloc(40)), want: null },
]; // prettier-ignore
