import { pipe } from 'fp-ts/lib/function.js';
import * as TE from 'fp-ts/lib/TaskEither.js';
import * as t from 'io-ts';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { get, getList, tell } from '../http/read-answer.js';
import { MastershipRole, RoleInfo } from './mastership.codec.js';

const Master = t.type({ nodeId: t.string }, 'Master');
const Role = t.type({ role: MastershipRole }, 'Role');

/** Which node of the cluster controls which device (MastershipWebResource). `nodeId`: as in `cluster.nodes`. */
export interface MastershipCalls {
  /** The id of the node that controls the device; `not-found` where none does. */
  master(deviceId: string): TE.TaskEither<OnosError, string>;
  /** All nodes connected to the device; `{}` for an unknown one. */
  nodesOf(deviceId: string): TE.TaskEither<OnosError, RoleInfo>;
  /** Of the node that answers; `NONE` for an unknown device. */
  localRole(deviceId: string): TE.TaskEither<OnosError, MastershipRole>;
  /** Ids of the devices that the node is master of; empty for an unknown one. */
  devicesOf(nodeId: string): TE.TaskEither<OnosError, string[]>;
  /** ONOS takes any device and node, known or not; read `master` after it. The only node of a cluster stays master whatever is set. */
  setRole(nodeId: string, deviceId: string, role: MastershipRole): TE.TaskEither<OnosError, void>;
  /** Makes the node that answers master where there is none, and tells its role. `not-found` for an unknown device. */
  request(deviceId: string): TE.TaskEither<OnosError, MastershipRole>;
  /** The node that answers gives the device up, and another takes it if there is one. Not repeated: that one might answer then. */
  relinquish(deviceId: string): TE.TaskEither<OnosError, void>;
  /** Shares the devices evenly among the nodes. */
  balance(): TE.TaskEither<OnosError, void>;
}

export function mastershipCalls(http: OnosHttp): MastershipCalls {
  const role = (callPath: string): TE.TaskEither<OnosError, MastershipRole> =>
    pipe(
      get(http, callPath, Role),
      TE.map((answer) => answer.role),
    );
  return {
    master: (deviceId) =>
      pipe(
        get(http, path`/mastership/${deviceId}/master`, Master),
        TE.map(({ nodeId }) => nodeId),
      ),
    nodesOf: (deviceId) => get(http, path`/mastership/${deviceId}/role`, RoleInfo),
    localRole: (deviceId) => role(path`/mastership/${deviceId}/local`),
    devicesOf: (nodeId) => getList(http, path`/mastership/${nodeId}/device`, 'deviceIds', t.string),
    setRole: (nodeId, deviceId, wanted) =>
      tell(http, { method: 'PUT', path: '/mastership', body: JSON.stringify({ deviceId, nodeId, role: wanted }), repeatable: true }),
    request: (deviceId) => role(path`/mastership/${deviceId}/request`),
    relinquish: (deviceId) => tell(http, { method: 'GET', path: path`/mastership/${deviceId}/relinquish`, repeatable: false }),
    balance: () => tell(http, { method: 'GET', path: '/mastership', repeatable: true }),
  };
}
