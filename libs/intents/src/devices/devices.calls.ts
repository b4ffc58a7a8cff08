import * as E from 'fp-ts/lib/Either.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get, getList, tell } from '../http/read-answer.js';
import { Device, DeviceStatistics, Port, type PortStatistics } from './device.codec.js';

/** Switches (DevicesWebResource, StatisticsWebResource). */
export interface DeviceCalls {
  list(): TE.TaskEither<OnosError, Device[]>;
  /** `not-found` where ONOS never met the device. One that is away is there, with `available: false`. */
  get(deviceId: string): TE.TaskEither<OnosError, Device>;
  ports(deviceId: string): TE.TaskEither<OnosError, Port[]>;
  /** Of all devices, in one request. */
  allPorts(): TE.TaskEither<OnosError, Port[]>;
  /**
   * Turns a port (a number as text) on or off, as an administrator does; `ports` shows it in `isEnabled` and `annotations.adminState`
   * as soon as the switch has done it. Open vSwitch does not with tunnels and patch ports, which ONOS does not say: read the port after it.
   * `not-found` for an unknown device or port; the local port cannot be named.
   */
  setPortState(deviceId: string, port: string, enabled: boolean): TE.TaskEither<OnosError, void>;
  /** Of all devices: counters since the port came up. */
  statistics(): TE.TaskEither<OnosError, DeviceStatistics[]>;
  /** Of all devices: what was counted between the last two polls (5 s); `durationSec` is the time between them. */
  deltaStatistics(): TE.TaskEither<OnosError, DeviceStatistics[]>;
  /** Of each port; empty for an unknown device. */
  portStatistics(deviceId: string): TE.TaskEither<OnosError, PortStatistics[]>;
  /** Of one port; `not-found` where ONOS has no counters of it. */
  statisticsOfPort(deviceId: string, port: string): TE.TaskEither<OnosError, PortStatistics>;
}

export function deviceCalls(http: OnosHttp): DeviceCalls {
  const statistics = (of: string): TE.TaskEither<OnosError, DeviceStatistics[]> =>
    getList(http, `/statistics${of}`, 'statistics', DeviceStatistics);
  const portStatistics = (of: string): TE.TaskEither<OnosError, PortStatistics[]> =>
    pipe(
      statistics(`/ports${of}`),
      TE.map((all) => all.flatMap(({ ports }) => ports)),
    );

  return {
    list: () => getList(http, '/devices', 'devices', Device),
    get: (deviceId) => get(http, path`/devices/${deviceId}`, Device),
    ports: (deviceId) => getList(http, path`/devices/${deviceId}/ports`, 'ports', Port),
    allPorts: () => getList(http, '/devices/ports', 'ports', Port),
    setPortState: (deviceId, port, enabled) =>
      tell(http, {
        method: 'POST',
        path: path`/devices/${deviceId}/portstate/${port}`,
        body: JSON.stringify({ enabled }),
        repeatable: true,
      }),
    statistics: () => statistics('/ports'),
    deltaStatistics: () => statistics('/delta/ports'),
    portStatistics: (deviceId) => portStatistics(path`/${deviceId}`),
    statisticsOfPort: (deviceId, port) =>
      pipe(
        portStatistics(path`/${deviceId}/${port}`),
        TE.chainEitherK(([one]) => (one === undefined ? E.left(noCounters(deviceId, port)) : E.right(one))),
      ),
  };
}

const noCounters = (deviceId: string, port: string): OnosError => ({
  kind: 'not-found',
  message: `GET /statistics/ports/${deviceId}/${port}: ONOS has no counters of this port.`,
  retryable: false,
  status: 200,
});
