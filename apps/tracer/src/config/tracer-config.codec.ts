import {
  Address,
  annotate,
  BoxId,
  DeviceId,
  EVIDENCE_MAX_PACKETS,
  FLOW_SUMMARY_MAX_FLOWS,
  integer,
  Port,
  Prefix,
  Protocol,
} from '@guardpost/contracts';
import * as t from 'io-ts';
import type { CaptureMaxima as CaptureConfig } from '../capture/on-demand/on-demand.js';
import type { FlowExportOptions } from '../export/flow-export.js';

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

const EvidenceConfig = t.partial({
  /** Packets of a detection, and of each flow in it, that are kept; 0 = none. @defaultValue 3 */
  packets: integer('EvidencePackets', 0, EVIDENCE_MAX_PACKETS),
  /** Of each, from its beginning. @defaultValue 128 */
  bytes: integer('EvidenceBytes', 0, 256),
});

const CaptureMaxima = t.partial({
  /** @defaultValue 1000000 */
  packets: integer('MaxCapturePackets', 1),
  /** Of a file. @defaultValue 256 MiB */
  bytes: integer('MaxCaptureBytes', 4_096),
  /** @defaultValue 3600 */
  seconds: integer('MaxCaptureSeconds', 1, 1_000_000),
  /** @defaultValue 65535 */
  snapLength: integer('MaxSnapLength', 14, 65_535),
  /** Captures at one time. @defaultValue 2 */
  running: integer('MaxCaptures', 0, 16),
  /** All files together: the oldest go first. @defaultValue 1 GiB */
  diskBytes: integer('MaxCaptureDiskBytes', 0),
});

const Collector = t.type({ address: Address, port: Port });

const Ipfix = t.intersection([
  t.type({ collectors: t.array(Collector) }),
  t.partial({
    /** Observation domain id. @defaultValue 1 */
    domain: integer('ObservationDomain', 0, 0xffff_ffff),
    /** Templates are sent again so often. @defaultValue 30 */
    templateSeconds: integer('TemplateSeconds', 1, 3600),
    /** Of a message, without the headers of UDP and IP: below the smallest MTU on the way. @defaultValue 1400 */
    maxMessageBytes: integer('MaxMessageBytes', 512, 65_000),
    /** To each collector, at the most. @defaultValue 2000 */
    messagesPerSecond: integer('MessagesPerSecond', 1, 100_000),
  }),
]);

const Export = t.partial({
  /** A flow that goes on is told of so often. @defaultValue 60 */
  activeSeconds: integer('ActiveSeconds', 1, 86_400),
  /** A flow that is silent for so long is told of. @defaultValue 15 */
  idleSeconds: integer('IdleSeconds', 1, 86_400),
  /** Flows that are followed at one time, 150 bytes each; of more, each is told of when it leaves the kernel's table. @defaultValue 262144 */
  maxFlows: integer('MaxFlows', 1_000, 4_000_000),
  /** @defaultValue none */
  ipfix: Ipfix,
  /** What the bridges get. */
  summary: t.partial({
    /** @defaultValue true */
    enabled: t.boolean,
    /** @defaultValue 10 */
    intervalSeconds: integer('IntervalSeconds', 1, 3600),
    /** Rows of a summary; all flows are in its totals. @defaultValue 100 */
    topFlows: integer('TopFlows', 0, FLOW_SUMMARY_MAX_FLOWS),
  }),
});

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
      /** Captures are given to callers on this machine alone, and where `tokenFile` names a file, to those with the token in it. */
      http: t.intersection([t.type({ host: t.string, port: Port }), t.partial({ tokenFile: t.string })]),
    }),
    t.partial({
      /** @defaultValue info */
      logLevel: t.keyof({ debug: null, info: null, warn: null, error: null }),
      /** What XDP never drops, whatever a list says. @defaultValue nothing */
      protect: t.array(Protected),
      detection: Limits,
      /** What the tracer may use of the box's processors, by a control group of the kernel. @defaultValue no limit */
      cpuShare: Cores,
      /** `ebpf`: programs in the kernel. `pcap`: packet sockets, which see the same and drop nothing. @defaultValue auto: ebpf, or else pcap */
      tap: t.keyof({ auto: null, ebpf: null, pcap: null }),
      evidence: EvidenceConfig,
      /** The most that a capture on demand may be asked for. */
      capture: CaptureMaxima,
      export: Export,
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
  readonly tap: 'auto' | 'ebpf' | 'pcap';
  readonly evidence: { readonly packets: number; readonly bytes: number };
  readonly flowExport: FlowExportOptions;
  readonly captures: CaptureConfig;
  readonly token: string | undefined;
}

export const withDefaults = (file: File, redisUrl: string, token: string | undefined): TracerConfig => ({
  ...file,
  redisUrl,
  logLevel: file.logLevel ?? 'info',
  protect: file.protect ?? [],
  detection: {
    windowSeconds: file.detection?.windowSeconds ?? 10,
    maxPerSecond: file.detection?.maxPerSecond ?? 500,
    maxWindows: file.detection?.maxWindows ?? 10_000,
  },
  tap: file.tap ?? 'auto',
  evidence: { packets: file.evidence?.packets ?? 3, bytes: file.evidence?.bytes ?? 128 },
  flowExport: exportOf(file),
  captures: {
    packets: file.capture?.packets ?? 1_000_000,
    bytes: file.capture?.bytes ?? 256 << 20,
    seconds: file.capture?.seconds ?? 3_600,
    snapLength: file.capture?.snapLength ?? 65_535,
    running: file.capture?.running ?? 2,
    diskBytes: file.capture?.diskBytes ?? 1 << 30,
  },
  token,
});

function exportOf({ box, export: given = {} }: File): FlowExportOptions {
  const { ipfix, summary } = given;
  return {
    maxFlows: given.maxFlows ?? 262_144,
    ipfix:
      ipfix === undefined || ipfix.collectors.length === 0
        ? undefined
        : {
            collectors: ipfix.collectors,
            domain: ipfix.domain ?? 1,
            activeSeconds: given.activeSeconds ?? 60,
            idleSeconds: given.idleSeconds ?? 15,
            templateSeconds: ipfix.templateSeconds ?? 30,
            maxMessageBytes: ipfix.maxMessageBytes ?? 1_400,
            messagesPerSecond: ipfix.messagesPerSecond ?? 2_000,
          },
    summary:
      summary?.enabled === false ? undefined : { box, intervalSeconds: summary?.intervalSeconds ?? 10, topFlows: summary?.topFlows ?? 100 },
  };
}
