/** TCP, UDP, SCTP: the protocols whose packets carry ports. */
const WITH_PORTS: ReadonlySet<number> = new Set([6, 17, 132]);

/** What a detector needs to know of a packet or a flow. */
export interface Tuple {
  readonly src: string;
  readonly dst: string;
  readonly sport: number;
  readonly dport: number;
  readonly proto: number;
}
export type Side = 'source' | 'destination';

export interface Endpoints {
  readonly remote: string;
  readonly local: string;
  readonly proto: number;
  readonly remotePort: number | null;
  readonly localPort: number | null;
}

/** The matched side is the remote one. */
export function endpointsOf(p: Tuple, matched: Side): Endpoints {
  const ports = WITH_PORTS.has(p.proto);
  const [sport, dport] = ports ? [p.sport, p.dport] : [null, null];
  return matched === 'source'
    ? { remote: p.src, local: p.dst, proto: p.proto, remotePort: sport, localPort: dport }
    : { remote: p.dst, local: p.src, proto: p.proto, remotePort: dport, localPort: sport };
}

const [IP_IN_IP, UDP] = [4, 17];

/** Of a packet whose match is an address of the tunnel that carries it: the tunnel's ends. VXLAN is UDP; other tunnels say no protocol. */
export function tunnelEndpoints(outer: { readonly src: string; readonly dst: string }, vni: number | null, matched: Side): Endpoints {
  const [remote, local] = matched === 'source' ? [outer.src, outer.dst] : [outer.dst, outer.src];
  return { remote, local, proto: vni === null ? IP_IN_IP : UDP, remotePort: null, localPort: null };
}

/** Both directions of a conversation have one key. The service is the lower port: the other one is as good as always ephemeral. */
export const detectionKey = (e: Endpoints): string =>
  `${e.remote} ${e.local} ${e.proto} ${e.remotePort === null || e.localPort === null ? '-' : Math.min(e.remotePort, e.localPort)}`;

export const tupleKey = (p: Tuple): string => `${p.src} ${p.dst} ${p.sport} ${p.dport} ${p.proto}`;
