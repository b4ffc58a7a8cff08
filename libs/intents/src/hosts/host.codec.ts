import * as t from 'io-ts';
import { Annotations } from '../devices/device.codec.js';

/** Where a host was seen. */
export const HostLocation = t.type({ elementId: t.string, port: t.string }, 'HostLocation');
export type HostLocation = t.TypeOf<typeof HostLocation>;

/** An end station (HostCodec). `id`: `02:00:00:00:00:03/None`, MAC and VLAN; `vlan` is text: a number or `None`. */
export const Host = t.intersection(
  [
    t.type({ id: t.string, mac: t.string, vlan: t.string, ipAddresses: t.array(t.string), locations: t.array(HostLocation) }),
    t.partial({ innerVlan: t.string, outerTpid: t.string, configured: t.boolean, suspended: t.boolean, annotations: Annotations }),
  ],
  'Host',
);
export type Host = t.TypeOf<typeof Host>;
