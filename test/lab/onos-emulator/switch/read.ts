import { ofctl, type Bridge } from './ofctl.js';

export interface SeenRule {
  readonly cookie: string;
  readonly packets: number;
  readonly bytes: number;
  readonly durationSec: number;
}
export interface SwitchPort {
  /** OpenFlow's number, or `local`. */
  readonly port: string;
  readonly name: string;
  readonly mac: string;
  readonly up: boolean;
  readonly adminUp: boolean;
  readonly speedMbps: number;
}
export interface PortCounters {
  readonly port: number;
  readonly packetsReceived: number;
  readonly packetsSent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly packetsRxDropped: number;
  readonly packetsTxDropped: number;
  readonly packetsRxErrors: number;
  readonly packetsTxErrors: number;
  readonly durationSec: number;
}

const RULE = /^ cookie=(0x[\da-f]+|0), duration=([\d.]+)s, .*?n_packets=(\d+), n_bytes=(\d+)/gm;
/** undefined where the switch does not answer. */
export async function readRules(bridge: Bridge): Promise<SeenRule[] | undefined> {
  const { code, stdout } = await ofctl(bridge, 'dump-flows');
  if (code !== 0) return undefined;
  return [...stdout.matchAll(RULE)].map(([, cookie = '0', duration, packets, bytes]) => ({
    cookie: cookie === '0' ? '0x0' : cookie,
    packets: Number(packets),
    bytes: Number(bytes),
    durationSec: Math.floor(Number(duration)),
  }));
}

export async function readPorts(bridge: Bridge): Promise<SwitchPort[] | undefined> {
  const { code, stdout } = await ofctl(bridge, 'dump-ports-desc');
  if (code !== 0) return undefined;
  return [...stdout.matchAll(/^ (\d+|LOCAL)\((.+)\): addr:([\da-f:]+)\n((?: {5}.*\n?)*)/gm)].map(
    ([, port = '', name = '', mac = '', rest = '']) => ({
      port: port === 'LOCAL' ? 'local' : port,
      name,
      mac,
      up: !/state: .*LINK_DOWN/.test(rest) && !/config: .*PORT_DOWN/.test(rest),
      adminUp: !/config: .*PORT_DOWN/.test(rest),
      speedMbps: Number(/speed: (\d+) Mbps now/.exec(rest)?.[1] ?? 0),
    }),
  );
}

const count = (text: string | undefined): number => (text === undefined || text === '?' ? -1 : Number(text));
const COUNTERS =
  /^ {2}port +(\d+): rx pkts=(\S+), bytes=(\S+), drop=(\S+), errs=([^,\s]+).*\n +tx pkts=(\S+), bytes=(\S+), drop=(\S+), errs=([^,\s]+).*\n(?: +duration=(\d+))?/gm;
export async function readCounters(bridge: Bridge): Promise<PortCounters[] | undefined> {
  const { code, stdout } = await ofctl(bridge, 'dump-ports');
  if (code !== 0) return undefined;
  return [...stdout.matchAll(COUNTERS)].map(
    ([, port, rxPackets, rxBytes, rxDrop, rxErrors, txPackets, txBytes, txDrop, txErrors, duration]) => ({
      port: Number(port),
      packetsReceived: count(rxPackets),
      packetsSent: count(txPackets),
      bytesReceived: count(rxBytes),
      bytesSent: count(txBytes),
      packetsRxDropped: count(rxDrop),
      packetsTxDropped: count(txDrop),
      packetsRxErrors: count(rxErrors),
      packetsTxErrors: count(txErrors),
      durationSec: Number(duration ?? 0),
    }),
  );
}
