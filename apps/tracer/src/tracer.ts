import { setTimeout as sleep } from 'node:timers/promises';
import type { Tap } from '@guardpost/bpf';
import { DETECTION_JOB, DETECTIONS_QUEUE, FLOW_SUMMARY_STREAM_LENGTH, REDIS_PREFIX, redisKeys } from '@guardpost/contracts';
import { answered, BullQueue, connectRedis } from '@guardpost/platform';
import type { Redis } from 'ioredis';
import { RedisInbox, type InboxHandlers } from './deliver/redis-inbox.js';
import { dropListOf, WATCH } from './enforce/lists.js';
import { heartbeat } from './report/heartbeat.js';
import type { TracerParts } from './tracer-parts.js';

const HEARTBEAT_MS = 1_000;
const MAX_REPORTS = 100_000;
/** An Open vSwitch that does not answer must not keep a box from its drop list. */
const PORTS_WITHIN_MS = 2_000;

/** The life of the tracer: tap and kept lists first, which need nobody; then whatever Redis brings and takes. */
export class Tracer {
  private redis: Redis | undefined;
  private queue: BullQueue | undefined;
  private inbox: RedisInbox | undefined;
  private heart: NodeJS.Timeout | undefined;

  constructor(readonly parts: TracerParts) {}

  /** Works without Redis: watches and drops by the lists of the last run. */
  async start(): Promise<void> {
    const { ports, capture, flowExport, enforcement, dropState, watches } = this.parts;
    const portsKnown = ports.start();
    enforcement.readFromDisk();
    // The packets of a box that starts under attack wait in the kernel's ring: without the ports, nobody could say where they came in.
    await Promise.race([portsKnown, sleep(PORTS_WITHIN_MS, undefined, { ref: false })]);
    await capture.start();
    flowExport.start();
    await enforcement.apply();
    dropState.start();
    watches.forEach((watch) => watch.start());
  }

  /** Returns at once; Redis may come when it likes. */
  connect(): void {
    const { config, problems, outbox, reporter, summaries } = this.parts;
    const onProblem = problems.of('Redis');
    const redis = (this.redis = connectRedis(config.redisUrl, onProblem));
    this.queue = new BullQueue({
      name: DETECTIONS_QUEUE,
      jobName: DETECTION_JOB,
      redisUrl: config.redisUrl,
      prefix: REDIS_PREFIX,
      onProblem: problems.of('queue'),
    });
    outbox.start(this.queue);
    reporter.start((envelope) =>
      answered(redis, 'a report', redis.xadd(redisKeys.reports, 'MAXLEN', '~', MAX_REPORTS, '*', 'e', JSON.stringify(envelope))),
    );
    summaries.start((envelope) =>
      answered(
        redis,
        'a summary of flows',
        redis.xadd(redisKeys.flows(config.box), 'MAXLEN', '~', FLOW_SUMMARY_STREAM_LENGTH, '*', 'e', JSON.stringify(envelope)),
      ),
    );
    this.heart = setInterval(() => this.beat(), HEARTBEAT_MS);
    this.inbox = new RedisInbox(config.redisUrl, redis, config.box, [WATCH, dropListOf(config.box)], this.handlers(), onProblem);
    void this.inbox.start();
  }

  /** The programs stay attached and go on dropping: the next start adopts them. */
  async stop(): Promise<void> {
    const { capture, captures, flowExport, summaries, dropState, enforcement, ports, watches, outbox, reporter, log, spool, tap } =
      this.parts;
    clearInterval(this.heart);
    capture.stop();
    dropState.stop();
    await Promise.all([flowExport.stop(), captures.close()]);
    await this.inbox?.stop();
    await Promise.all([enforcement.stop(), ports.stop(), ...watches.map((watch) => watch.stop())]);
    await tap.close();
    outbox.stop();
    reporter.stop();
    summaries.stop();
    await Promise.all([this.queue?.close(), log.close()]);
    this.redis?.disconnect();
    spool.close();
  }

  problems(): string[] {
    const { capture, flowExport, enforcement, ports, watches, tap } = this.parts;
    return [
      ...(this.redis?.status === 'ready' ? [] : ['Redis is not connected']),
      capture.problem ?? [],
      flowExport.problem ?? [],
      ...enforcement.problems(),
      ...ports.problems.values(),
      ...watches.flatMap((watch) => watch.problems()),
      ...interfaceProblems(tap),
    ].flat();
  }

  private beat(): void {
    const { clock, enforcement, tap, outbox, counters, reporter, problems } = this.parts;
    try {
      reporter.report(
        heartbeat({
          nowUs: () => clock.nowUs(),
          lists: enforcement.lists,
          tap,
          counters,
          unacknowledged: () => outbox.depth,
          problems: () => this.problems(),
        }),
      );
    } catch (error) {
      problems.of('heartbeat')(error instanceof Error ? error.message : String(error));
    }
  }

  private handlers(): InboxHandlers {
    const { receiver, acknowledgements } = this.parts;
    return {
      snapshot: (name, raw) => receiver.snapshot(name, raw),
      change: (name, raw) => receiver.change(name, raw),
      isBehind: (name) => receiver.isBehind(name),
      acknowledgement: (raw) => acknowledgements.take(raw),
    };
  }
}

const interfaceProblems = (tap: Pick<Tap, 'interfaces'>): string[] =>
  tap.interfaces().flatMap(({ name, problem }) => (problem === undefined ? [] : `${name}: ${problem}`));
