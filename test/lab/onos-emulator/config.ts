import { readFileSync } from 'node:fs';
import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';

const Point = t.type({ device: t.string, port: t.string });

/** What the emulator is told; lab.sh writes it from topology.txt. */
export const EmulatorConfig = t.intersection(
  [
    t.type({
      listen: t.type({ host: t.string, port: t.number }),
      user: t.string,
      password: t.string,
      devices: t.readonlyArray(t.type({ id: t.string, bridge: t.string, rundir: t.string, address: t.string })),
      /** Wires between devices, one entry each. ONOS finds them by LLDP; here they are told, and live while both ports do. */
      wires: t.readonlyArray(t.tuple([Point, Point])),
    }),
    t.partial({
      /** Loaded at start, as config/network-cfg.json is. */
      netcfg: t.UnknownRecord,
      /** Routes known from the start, as if a BGP peer had announced them. */
      routes: t.readonlyArray(t.type({ prefix: t.string, nextHop: t.string })),
    }),
  ],
  'EmulatorConfig',
);
export type EmulatorConfig = t.TypeOf<typeof EmulatorConfig>;
export type ConnectPoint = t.TypeOf<typeof Point>;

export function readConfig(file: string): EmulatorConfig {
  const decoded = EmulatorConfig.decode(JSON.parse(readFileSync(file, 'utf8')));
  if (isLeft(decoded))
    throw new Error(`${file}: wrong at ${decoded.left.map(({ context }) => context.map(({ key }) => key).join('.')).join(', ')}`);
  return decoded.right;
}
