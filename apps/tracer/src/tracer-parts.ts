import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LiveCapture, type ProtectedEndpoint, type Tap } from '@guardpost/bpf';
import { Detector, type Clock } from '@guardpost/detect';
import { newBoot, Opener, readKeyRing, readPrivateKey, Sealer } from '@guardpost/platform';
import { Capture } from './capture/capture.js';
import { OnDemandCaptures } from './capture/on-demand/on-demand.js';
import { ovsEnvironment } from './config/load-config.js';
import type { TracerConfig } from './config/tracer-config.codec.js';
import { Acknowledgements } from './deliver/acknowledgements.js';
import { Outbox } from './deliver/outbox.js';
import { Spool } from './deliver/spool.js';
import { DropStateReport } from './enforce/drop-state.js';
import { Enforcement } from './enforce/enforcement.js';
import { ListReceiver } from './enforce/list-receiver.js';
import { ListStore } from './enforce/list-store.js';
import { matchOf, newLists } from './enforce/lists.js';
import { FlowExport } from './export/flow-export.js';
import { SummarySender } from './export/summary/summary-sender.js';
import { ProblemLog } from './log/problem-log.js';
import { SuspiciousLog } from './log/suspicious-log.js';
import { ovsCommand } from './ovs/ovs-command.js';
import { OvsPorts } from './ovs/ovs-ports.js';
import { OvsWatch } from './ovs/ovs-watch.js';
import { countersOf } from './report/counters.js';
import { Reporter } from './report/reporter.js';
import { Refusals } from './trust/refusals.js';

/** Of the kernel's buffers of one capture, all interfaces together. */
const CAPTURE_RING_BYTES = 16 << 20;

type Warn = (message: string, component: string) => void;
export type TracerParts = ReturnType<typeof assemble>;

/** Makes every part and joins them; starts nothing. */
export function assemble(config: TracerConfig, tap: Tap, clock: Clock, warn: Warn) {
  mkdirSync(config.stateDir, { recursive: true });
  const boot = newBoot();
  const key = readPrivateKey(config.keys.private);
  const opener = new Opener(readKeyRing(config.keys.trusted));
  const nowUs = (): number => clock.nowUs();
  const nowMs = (): number => performance.now();
  const problems = new ProblemLog(warn, nowMs);
  const sealer = (): Sealer => new Sealer(config.box, key, boot, nowUs); // one a channel

  const reporter = new Reporter(sealer());
  const report = reporter.report.bind(reporter);
  const refusals = new Refusals(nowUs, report, problems.of('trust'));

  const ports = new OvsPorts(config.bridges, listInterfaces, nowMs);
  const watches = config.bridges.map((bridge) => new OvsWatch(bridge, ovsEnvironment(bridge.rundir), nowUs, report));

  const spool = new Spool(join(config.stateDir, 'spool'), boot);
  const outbox = new Outbox(sealer(), spool, { nowUs, nowMs }, problems.of('outbox'));
  const detector = new Detector(
    { box: config.box, boot, ...config.detection, evidencePackets: config.evidence.packets },
    clock,
    (at) => ports.locate(at),
    (draft) => outbox.put(draft),
  );
  const log = new SuspiciousLog(join(config.stateDir, 'logs'), config.box, problems.of('log'));
  const lists = newLists(config.box);
  const summaries = new SummarySender(sealer());
  const flowExport = new FlowExport(config.flowExport, tap, clock, (summary) => summaries.put(summary), problems.of('export'));
  const capture = new Capture(
    tap,
    detector,
    clock,
    (event) => log.write(event, clock.bootToUs(event.bootNs), detector.indicatorOf(event.rule), ports.locate(event)),
    (flow) => flowExport.evicted(flow),
    problems.of('capture'),
  );

  const captures = new OnDemandCaptures({
    folder: join(config.stateDir, 'captures'),
    maxima: config.captures,
    interfaces: () => tap.interfaces(),
    open: (interfaces, match, snapLength) =>
      new LiveCapture(interfaces, { match, snapLength, ringBytes: Math.floor(CAPTURE_RING_BYTES / interfaces.length) }),
    nowNs: () => BigInt(nowUs()) * 1000n,
  });

  const dropState = new DropStateReport(tap, clock, report);
  const enforcement = new Enforcement(lists, {
    tap,
    store: new ListStore(join(config.stateDir, 'lists')),
    dropState,
    clock,
    protect: config.protect.map(toEndpoint),
    setRules: (rules) => detector.setRules(rules),
    onProblem: problems.of('enforce'),
  });
  const receiver = new ListReceiver(lists, opener, refusals, (name) => enforcement.held(name));
  const acknowledgements = new Acknowledgements(config.box, opener, refusals, (of, seqs) => outbox.acknowledge(of, seqs));
  const counters = (): Record<string, number> =>
    countersOf({ tap, capture, detector, outbox, spool, reporter, refusals, log, flowExport, summaries, captures });

  return {
    config, tap, clock, problems, reporter, refusals, ports, watches, spool, outbox, detector, log, capture,
    dropState, enforcement, receiver, acknowledgements, counters, flowExport, summaries, captures,
  }; // prettier-ignore
}

const toEndpoint = ({ address, ...rest }: TracerConfig['protect'][number]): ProtectedEndpoint => ({
  ...matchOf({ prefix: address, ...rest }),
});

const listInterfaces = ({ db, rundir }: TracerConfig['bridges'][number]): Promise<string> =>
  ovsCommand(
    'ovs-vsctl',
    [`--db=${db}`, '--timeout=3', '--format=json', '--columns=name,ofport,type,options', 'list', 'Interface'],
    ovsEnvironment(rundir),
  );
