import type { TapEvent } from '@guardpost/bpf';
import type { Sighting } from '@guardpost/contracts';

export const headerOf = (box: string): string => `Suspicious Packets on ${box}\n`;

/** `2017-06-21 10:40:52.874497`, UTC. */
export function stamp(us: number): string {
  const iso = new Date(Math.floor(us / 1000)).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${String(us % 1e6).padStart(6, '0')}`;
}

/** The format of 2017, `date time ipVersion source destination port`: the whole destination port, 0 where there is none. */
export const suspiciousLine = (event: TapEvent, atUs: number): string =>
  `${stamp(atUs)} ${event.src.includes(':') ? 6 : 4} ${event.src} ${event.dst} ${event.dport}\n`;

/** The same packet with all that is known of it, one JSON object a line. */
export const suspiciousJson = (event: TapEvent, atUs: number, indicator: string, at: Sighting): string =>
  `${JSON.stringify({
    v: 1,
    at: atUs,
    indicator,
    src: event.src,
    dst: event.dst,
    sport: event.sport,
    dport: event.dport,
    proto: event.proto,
    matched: event.matched,
    interface: at.interface,
    direction: at.direction,
    device: at.device,
    port: at.port,
    vlan: event.vlan,
    vni: event.vni,
    outer: event.outer,
    length: event.length,
    tcpFlags: event.tcpFlags,
    icmp: event.icmp,
  })}\n`;
