import type { MetAt } from '@guardpost/detect';
import type { OvsInterface } from './ovs-output.js';

export interface OvsPort {
  readonly device: string;
  readonly port: string;
}

/** Which OpenFlow port a packet came in or went out by, as far as interface and tunnel tell. */
export class PortTable {
  private readonly byName = new Map<string, OvsPort>();
  private readonly byTunnel = new Map<string, OvsPort>();

  constructor(bridges: readonly { readonly device: string; readonly interfaces: readonly OvsInterface[] }[]) {
    for (const { device, interfaces } of bridges)
      for (const { name, ofport, type, options } of interfaces) {
        const port = { device, port: String(ofport) };
        const remote = options.get('remote_ip');
        if (type === 'vxlan' && remote !== undefined) this.byTunnel.set(tunnelKey(remote, options.get('key') ?? '0'), port);
        else this.byName.set(name, port);
      }
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** VXLAN at an underlay interface belongs to the tunnel's port; `key=flow` takes any VNI. */
  find({ ifname, direction, vni, outer }: MetAt): OvsPort | undefined {
    if (vni !== null && outer !== null && outer !== undefined) {
      const remote = direction === 'ingress' ? outer.src : outer.dst;
      const port = this.byTunnel.get(tunnelKey(remote, String(vni))) ?? this.byTunnel.get(tunnelKey(remote, 'flow'));
      if (port !== undefined) return port;
    }
    return this.byName.get(ifname);
  }
}

const tunnelKey = (remote: string, key: string): string => `${remote} ${key}`;
