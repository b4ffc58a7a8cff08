import * as TE from 'fp-ts/lib/TaskEither.js';
import { pipe } from 'fp-ts/lib/function.js';
import * as t from 'io-ts';
import { path } from '../http/call.js';
import type { OnosError } from '../http/onos-error.js';
import type { OnosHttp } from '../http/onos-http.js';
import { checked, get, tell } from '../http/read-answer.js';
import { NetworkConfiguration, PortInterface } from './network-configuration.codec.js';

/** Network configuration (NetworkConfigWebResource). */
export interface NetworkConfigurationCalls {
  get(): TE.TaskEither<OnosError, NetworkConfiguration>;
  /** Replaces the interfaces of one port (`of:0000000000000001/99`). Each that is new makes SDN-IP submit all of its route intents again. */
  setInterfaces(port: string, interfaces: readonly PortInterface[]): TE.TaskEither<OnosError, void>;
  /** Removes all interfaces of one port, and nothing else of its configuration. */
  removeInterfaces(port: string): TE.TaskEither<OnosError, void>;
}

export function networkConfigurationCalls(http: OnosHttp): NetworkConfigurationCalls {
  return {
    get: () => get(http, '/network/configuration', NetworkConfiguration),
    setInterfaces: (port, interfaces) =>
      pipe(
        TE.fromEither(checked(t.readonlyArray(PortInterface), interfaces)),
        // Not to .../interfaces, where ONOS casts the body to an object and interfaces are an array: 500.
        TE.chain(() =>
          tell(http, {
            method: 'POST',
            path: path`/network/configuration/ports/${port}`,
            body: JSON.stringify({ interfaces }),
            repeatable: true,
          }),
        ),
      ),
    removeInterfaces: (port) =>
      tell(http, { method: 'DELETE', path: path`/network/configuration/ports/${port}/interfaces`, repeatable: true }),
  };
}
