import * as t from 'io-ts';
import { integer } from '../codec/integer.js';
import { MastershipRole } from '../mastership/mastership.codec.js';

/** What ONOS keeps beside a thing: names and values, both text; hosts of the network configuration have null values too. */
export const Annotations = t.record(t.string, t.union([t.string, t.null]), 'Annotations');
export type Annotations = t.TypeOf<typeof Annotations>;

/** A switch (DeviceCodec). `id`: `of:` and 16 hexadecimal digits; `role`: of the node that answers; `lastUpdate`: milliseconds since 1970, as text. */
export const Device = t.intersection(
  [
    t.type({ id: t.string, type: t.string, available: t.boolean, role: MastershipRole, lastUpdate: t.string }),
    t.partial({
      mfr: t.string,
      hw: t.string,
      sw: t.string,
      serial: t.string,
      driver: t.string,
      chassisId: t.string,
      humanReadableLastUpdate: t.string,
      annotations: Annotations,
    }),
  ],
  'Device',
);
export type Device = t.TypeOf<typeof Device>;

/** A port (PortCodec). `port`: a number as text, or `local`; `portSpeed` in Mbit/s, 0 = unknown; the interface's name is `annotations.portName`. */
export const Port = t.intersection(
  [
    t.type({ element: t.string, port: t.string, isEnabled: t.boolean, type: t.string, portSpeed: t.number }),
    t.partial({ annotations: Annotations }),
  ],
  'Port',
);
export type Port = t.TypeOf<typeof Port>;

const Count = integer('Count', -1, Number.MAX_SAFE_INTEGER);

/** Counters of a port as of the last poll (PortStatisticsCodec). -1 = the switch does not count this. */
export const PortStatistics = t.type(
  {
    port: t.number,
    packetsReceived: Count,
    packetsSent: Count,
    bytesReceived: Count,
    bytesSent: Count,
    packetsRxDropped: Count,
    packetsTxDropped: Count,
    packetsRxErrors: Count,
    packetsTxErrors: Count,
    durationSec: Count,
  },
  'PortStatistics',
);
export type PortStatistics = t.TypeOf<typeof PortStatistics>;

/** Counters of the ports of one device. */
export const DeviceStatistics = t.type({ device: t.string, ports: t.array(PortStatistics) }, 'DeviceStatistics');
export type DeviceStatistics = t.TypeOf<typeof DeviceStatistics>;
