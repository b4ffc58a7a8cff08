import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get } from '../http/read-answer.js';
import { Device, DeviceStatistics, Port, type PortStatistics } from './device.codec.js';

const DeviceList = t.type({ devices: t.array(Device) }, 'DeviceList');
const DeviceWithPorts = t.type({ ports: t.array(Port) }, 'DeviceWithPorts');
const StatisticsList = t.type({ statistics: t.array(DeviceStatistics) }, 'StatisticsList');
const Master = t.type({ nodeId: t.string }, 'Master');

/** Switches (DevicesWebResource, StatisticsWebResource, MastershipWebResource). */
export interface DeviceCalls {
  list(): TE.TaskEither<OnosError, Device[]>;
  /** `not-found` where ONOS never met the device. One that is away is there, with `available: false`. */
  get(deviceId: string): TE.TaskEither<OnosError, Device>;
  ports(deviceId: string): TE.TaskEither<OnosError, Port[]>;
  /** Of all devices. */
  statistics(): TE.TaskEither<OnosError, DeviceStatistics[]>;
  /** Empty for an unknown device. */
  portStatistics(deviceId: string): TE.TaskEither<OnosError, PortStatistics[]>;
  /** The id of the ONOS node that controls the device; `not-found` where none does. */
  master(deviceId: string): TE.TaskEither<OnosError, string>;
}

export function deviceCalls(http: OnosHttp): DeviceCalls {
  const statistics = (of: string): TE.TaskEither<OnosError, DeviceStatistics[]> =>
    pipe(
      get(http, `/statistics/ports${of}`, StatisticsList),
      TE.map((answer) => answer.statistics),
    );

  return {
    list: () =>
      pipe(
        get(http, '/devices', DeviceList),
        TE.map(({ devices }) => devices),
      ),
    get: (deviceId) => get(http, path`/devices/${deviceId}`, Device),
    ports: (deviceId) =>
      pipe(
        get(http, path`/devices/${deviceId}/ports`, DeviceWithPorts),
        TE.map(({ ports }) => ports),
      ),
    statistics: () => statistics(''),
    portStatistics: (deviceId) =>
      pipe(
        statistics(path`/${deviceId}`),
        TE.map((all) => all.flatMap(({ ports }) => ports)),
      ),
    master: (deviceId) =>
      pipe(
        get(http, path`/mastership/${deviceId}/master`, Master),
        TE.map(({ nodeId }) => nodeId),
      ),
  };
}
