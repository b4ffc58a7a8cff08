import { annotate, BoxId, DeviceId, integer, Port, Prefix, Protocol } from '@guardpost/contracts';
import * as t from 'io-ts';

const Bridge = t.type({
  /** Name of the Open vSwitch bridge. */
  name: t.string,
  device: DeviceId,
  /** Folder of its `NAME.mgmt` socket: absolute and writable. */
  rundir: t.string,
  /** Where its database listens, as `ovs-vsctl --db` takes it. */
  db: t.string,
});
export type BridgeConfig = t.TypeOf<typeof Bridge>;

const Protected = t.intersection([t.type({ address: Prefix }), t.partial({ proto: Protocol, port: Port })]);

const Limits = t.partial({
  /** Length of a window: how long counts are gathered before they are reported. @defaultValue 10 */
  windowSeconds: integer('WindowSeconds', 1, 3600),
  /** New detections a second, and as many at once. @defaultValue 500 */
  maxPerSecond: integer('MaxPerSecond', 1, 100_000),
  /** Windows open at one time. @defaultValue 10000 */
  maxWindows: integer('MaxWindows', 1, 1_000_000),
});

const Cores = annotate(
  t.refinement(t.number, (n) => n >= 0.05 && n <= 256, 'Cores'),
  { description: 'a number of cores, 0.05 to 256' },
);

/** The file that `GUARDPOST_CONFIG` names. */
export const TracerConfigFile = annotate(
  t.intersection([
    t.type({
      box: BoxId,
      /** The spool, the last lists and the logs are kept below this folder. */
      stateDir: t.string,
      /** Where the programs and maps are pinned: a folder of a bpf file system, of this box alone. */
      pinDir: t.string,
      /** Globs of interface names. An interface is watched when one of `allow` matches it and none of `deny` does. */
      interfaces: t.type({ allow: t.array(t.string), deny: t.array(t.string) }),
      bridges: t.array(Bridge),
      keys: t.type({ private: t.string, trusted: t.string }),
      http: t.type({ host: t.string, port: Port }),
    }),
    t.partial({
      /** @defaultValue info */
      logLevel: t.keyof({ debug: null, info: null, warn: null, error: null }),
      /** What XDP never drops, whatever a list says. @defaultValue nothing */
      protect: t.array(Protected),
      detection: Limits,
      /** What the tracer may use of the box's processors, by a control group of the kernel. @defaultValue no limit */
      cpuShare: Cores,
    }),
  ]),
  { id: 'TracerConfig' },
);
type File = t.TypeOf<typeof TracerConfigFile>;

/** The file with its defaults filled in, and what the environment adds. */
export interface TracerConfig extends File {
  readonly redisUrl: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly protect: t.TypeOf<typeof Protected>[];
  readonly detection: { readonly windowSeconds: number; readonly maxPerSecond: number; readonly maxWindows: number };
}

export const withDefaults = (file: File, redisUrl: string): TracerConfig => ({
  ...file,
  redisUrl,
  logLevel: file.logLevel ?? 'info',
  protect: file.protect ?? [],
  detection: {
    windowSeconds: file.detection?.windowSeconds ?? 10,
    maxPerSecond: file.detection?.maxPerSecond ?? 500,
    maxWindows: file.detection?.maxWindows ?? 10_000,
  },
});
