import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootClock, removePins } from '@guardpost/bpf';
import { buildObjects, frames as f, prefix, TwoNamespaces, until, whyNoKernel } from '@guardpost/bpf/testing';
import { Detection, FlowSummary, redisKeys, type Envelope } from '@guardpost/contracts';
import { watchItem } from '@guardpost/detect/testing';
import { makeKeyPair, Opener, readKeyRing } from '@guardpost/platform';
import { isRight } from 'fp-ts/lib/Either.js';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chooseTap } from './capture/choose-tap.js';
import { systemClock } from './clock.js';
import { withDefaults } from './config/tracer-config.codec.js';
import { assemble } from './tracer-parts.js';
import { Tracer } from './tracer.js';

const has = (command: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
};
const reason = whyNoKernel() ?? (has('redis-server') ? undefined : 'no redis-server');
const BPFFS = `/sys/fs/bpf/gptracer-test-${process.pid}`;
const REDIS_PORT = 6_399;

describe.skipIf(reason !== undefined)(`the tracer on an interface${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tracer-'));
  const said: string[] = [];
  const say = { log: (message: string) => said.push(message), warn: (message: string) => said.push(message) };
  let net: TwoNamespaces;
  let server: ChildProcess | undefined;
  let tracer: Tracer | undefined;
  let runs = 0;

  beforeAll(() => {
    buildObjects();
    for (const name of ['gist1', 'bridge']) makeKeyPair(join(folder, `${name}.key`), join(folder, 'trusted', `${name}.pem`));
    net = new TwoNamespaces(1);
    net.enter(net.b); // this process's sockets are there, and Redis is
    server = spawn('redis-server', ['--port', `${REDIS_PORT}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], {
      stdio: 'ignore',
      cwd: folder,
    });
  });
  afterEach(async () => {
    await tracer?.stop();
    removePins(BPFFS);
  });
  afterAll(() => {
    server?.kill('SIGKILL');
    net.remove();
    rmSync(folder, { recursive: true });
  });

  async function start(tap: 'auto' | 'ebpf' | 'pcap', pinDir = BPFFS): Promise<Tracer> {
    const stateDir = join(folder, `state-${++runs}`);
    const file = {
      box: 'gist1', stateDir, pinDir, interfaces: { allow: ['*'], deny: [] }, bridges: [], http: { host: '127.0.0.1', port: 1 }, tap,
      keys: { private: join(folder, 'gist1.key'), trusted: join(folder, 'trusted') }, detection: { windowSeconds: 1 },
      export: { summary: { intervalSeconds: 1 } },
    }; // prettier-ignore
    const config = withDefaults(file, `redis://127.0.0.1:${REDIS_PORT}`, undefined);
    const chosen = chooseTap(config, (name) => name === 'b0', say);
    const started = new Tracer(assemble(config, chosen, systemClock(bootClock()), say.warn));
    tracer = started;
    await started.start();
    started.parts.detector.setRules(new Map([[7, watchItem()]]));
    await chosen.setWatch([{ rule: 7, prefix: prefix('198.51.100.0/24') }]);
    return started;
  }
  /** What is in the spool, the newest revision of each. */
  function detections(of: Tracer): Detection[] {
    const spool = join(of.parts.config.stateDir, 'spool');
    const newest = new Map<string, Detection>();
    for (const name of readdirSync(spool))
      for (const line of readFileSync(join(spool, name), 'utf8')
        .trim()
        .split('\n')
        .filter((text) => text !== '')) {
        const detection = Detection.decode(JSON.parse((JSON.parse(line) as Envelope).body));
        if (!isRight(detection)) throw new Error(`no detection: ${line}`);
        newest.set(detection.right.id, detection.right);
      }
    return [...newest.values()];
  }
  const attack = [0, 1, 2, 3, 4].map((n) => f.udp4('198.51.100.7', 1_000, '10.77.0.2', 53, Buffer.alloc(200, n)));

  it('detects the same by either tap, with the first packets as evidence', async () => {
    const seen: unknown[] = [];
    for (const kind of ['ebpf', 'pcap'] as const) {
      const running = await start(kind);
      net.send(net.a, 'a0', attack);
      await until('all is counted', () => detections(running)[0]?.packets === 5, 20_000);
      const [detection, ...more] = detections(running);
      expect(more).toEqual([]);
      expect(detection?.evidence?.map(({ bytes }) => Buffer.from(bytes, 'base64').toString('hex')).slice(0, 1)).toEqual([
        attack[0]!.subarray(0, 128).toString('hex'),
      ]);
      const { flow, matched, seen: sightings, packets, bytes, evidence } = detection!;
      seen.push({ flow, matched, sightings, packets, bytes, evidence: evidence?.map((e) => ({ ...e, at: undefined })) });
      expect(running.parts.log.lost).toBe(0);
      await running.stop();
      tracer = undefined;
      removePins(BPFFS);
    }
    expect(seen[0]).toMatchObject({ packets: 5, evidence: [{ length: 242, interface: 'b0', direction: 'ingress' }, {}, {}] });
    expect(seen[1]).toEqual(seen[0]);
    expect(said).toEqual([
      expect.stringMatching(/^the tap is ebpf, as configured/),
      expect.stringMatching(/^the tap is pcap, as configured/),
    ]);
  });

  it('says which tap it has where eBPF is not to be had', async () => {
    said.length = 0;
    const running = await start('auto', '/tmp/not-a-bpf-file-system');
    expect(said).toEqual([
      expect.stringMatching(/^no ebpf tap here: .*is not on a bpf file system/s),
      expect.stringMatching(/^the tap is pcap, because no other can be had: packet sockets/),
    ]);
    expect(running.parts.tap.interfaces()).toMatchObject([{ name: 'b0', tap: 'pcap' }]);
    await running.stop();
    tracer = undefined;
    await expect(start('ebpf', '/tmp/not-a-bpf-file-system')).rejects.toThrow('no ebpf tap: ');
    tracer = undefined;
  });

  it('sends summaries of its flows to Redis, signed: every packet once', async () => {
    const running = await start('ebpf');
    running.connect();
    const redis = new Redis(REDIS_PORT, '127.0.0.1', { maxRetriesPerRequest: null });
    const opener = new Opener(readKeyRing(join(folder, 'trusted')));
    const sum = { packets: 0, bytes: 0, rows: 0 };
    let next = '-';
    const read = async (): Promise<void> => {
      for (const [id, fields] of await redis.xrange(redisKeys.flows('gist1'), next, '+')) {
        next = `(${id}`;
        const opened = opener.open(fields[1] ?? '', FlowSummary);
        if ('refused' in opened) throw new Error(opened.refused);
        const { flows, totals, interfaces } = opened.body;
        flows.src.forEach((src, i) => {
          if (src === '198.51.100.7') {
            sum.rows += flows.packets[i]!;
            expect(interfaces[flows.interface[i]!]).toBe('b0');
          }
        });
        totals.proto.forEach((proto, i) => {
          if (proto !== 17) return;
          sum.packets += totals.packets[i]!;
          sum.bytes += totals.bytes[i]!;
        });
      }
    };
    net.send(net.a, 'a0', attack, 10);
    const deadline = Date.now() + 20_000;
    while (sum.packets < 50 && Date.now() < deadline) await read();
    redis.disconnect();
    expect(sum).toEqual({ packets: 50, bytes: 50 * 242, rows: 50 });
    expect(running.parts.counters()).toMatchObject({ 'summaries.dropped': 0, 'summaries.failed': 0, 'flows.full': 0 });
  });
});
