import { textOf } from '../json.js';
import { broken, illegal, notFound, required } from '../refusal.js';
import type { Device } from '../switch/device.js';
import { ok, readTree } from './exchange.js';
import { route, type Route } from './router.js';

/** The only node of the cluster. */
export const NODE = '127.0.0.1';

/** MastershipWebResource, of a cluster of one: whatever role is set, the node is master of what is connected. */
export function mastershipRoutes(devices: ReadonlyMap<string, Device>): Route[] {
  const isMaster = (id: string): boolean => devices.get(id)?.available ?? false;
  const role = (id: string): { role: string } => ({ role: isMaster(id) ? 'MASTER' : 'NONE' });

  return [
    route('GET', '/onos/v1/mastership', () => ({ status: 200 })),
    route('PUT', '/onos/v1/mastership', ({ body }) => {
      const node = readTree(body);
      const wanted = textOf(required(node['role'], 'role', 'MastershipRole'));
      if (node['deviceId'] === undefined) throw illegal('Invalid deviceId for setting role');
      if (node['nodeId'] === undefined) throw illegal('Invalid nodeId for setting role');
      if (!['MASTER', 'STANDBY', 'NONE'].includes(wanted)) throw broken('Mastership role cannot be null');
      return { status: 200 };
    }),
    route('GET', '/onos/v1/mastership/:id/master', ({ params: [id = ''] }) => {
      if (!isMaster(id)) throw notFound('Node id is not found');
      return ok({ nodeId: NODE });
    }),
    route('GET', '/onos/v1/mastership/:id/role', ({ params: [id = ''] }) => ok(isMaster(id) ? { master: NODE } : {})),
    route('GET', '/onos/v1/mastership/:id/local', ({ params: [id = ''] }) => ok(role(id))),
    route('GET', '/onos/v1/mastership/:id/request', ({ params: [id = ''] }) => {
      if (!devices.get(id)?.known) throw notFound('Device Id is not found');
      return ok(role(id));
    }),
    route('GET', '/onos/v1/mastership/:id/relinquish', ({ params: [id = ''] }) => ({ status: 201, headers: { location: id } })),
    route('GET', '/onos/v1/mastership/:node/device', ({ params: [node = ''] }) =>
      ok({ deviceIds: node === NODE ? [...devices.values()].filter(({ available }) => available).map(({ id }) => id) : [] }),
    ),
  ];
}
