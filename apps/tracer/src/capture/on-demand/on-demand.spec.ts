import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LiveFrame } from '@guardpost/bpf';
import { FileTap } from '@guardpost/bpf/file';
import { Capture, type CaptureRequest } from '@guardpost/contracts';
import { isRight } from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OnDemandCaptures, type CaptureMaxima } from './on-demand.js';
import type { FrameSource } from './running-capture.js';

const T = 1_700_000_000_000_000_000n;
const MAXIMA: CaptureMaxima = { packets: 1_000, bytes: 1 << 20, seconds: 60, snapLength: 1_500, running: 2, diskBytes: 2 << 20 };

class FakeSource implements FrameSource {
  onFrame: (frame: LiveFrame) => void = () => undefined;
  onGone: (at: number) => void = () => undefined;
  late: LiveFrame[] = [];
  drops = [0];
  closed = false;
  listen(onFrame: (frame: LiveFrame) => void, onGone: (at: number) => void): void {
    this.onFrame = onFrame;
    this.onGone = onGone;
  }
  async finish(untilNs: bigint, onFrame: (frame: LiveFrame) => void): Promise<void> {
    for (const frame of this.late) if (frame.ns <= untilNs) onFrame(frame);
    this.closed = true;
  }
  dropped(): number[] {
    return this.drops;
  }
  close(): void {
    this.closed = true;
  }
}
const frame = (n: number, over: Partial<LiveFrame> = {}): LiveFrame => ({
  interface: 0, ns: T + BigInt(n), outgoing: n % 2 === 1, bytes: Buffer.alloc(60, n), length: 60, ...over,
}); // prettier-ignore

describe('OnDemandCaptures', () => {
  let folder: string;
  let sources: FakeSource[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'captures-'));
    sources = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const open = (over: Partial<CaptureMaxima> = {}, nowNs = (): bigint => T + 1_000n) =>
    new OnDemandCaptures({
      folder,
      maxima: { ...MAXIMA, ...over },
      interfaces: () => [
        { name: 'eth1', ifindex: 3 },
        { name: 'eth2', ifindex: 4 },
      ],
      open: (interfaces) => {
        const source = new FakeSource();
        source.drops = interfaces.map(() => 0);
        sources.push(source);
        return source;
      },
      nowNs,
    });
  const started = (captures: OnDemandCaptures, request: CaptureRequest = {}): Capture => {
    const result = captures.start(request);
    if ('refusal' in result) throw new Error(result.refusal.message);
    return result.capture;
  };
  const ended = (capture: Capture) => vi.waitFor(() => expect(capture.state).not.toBe('running'));

  it('ends at each limit, and the file has what was taken', async () => {
    const captures = open();
    const capture = started(captures, { packets: 3, detection: 'gist1:b:7' });
    expect(isRight(Capture.decode(capture))).toBe(true);
    for (let n = 1; n <= 5; n++) sources[0]?.onFrame(frame(n));
    await ended(capture);
    expect(capture).toMatchObject({ state: 'done', endedBy: 'packets', packets: 3, lost: 0, interfaces: ['eth1', 'eth2'] });
    const bytes = readFileSync(join(folder, `${capture.id}.pcapng`));
    expect(bytes.length).toBe(capture.bytes);
    expect(bytes.toString('latin1')).toContain('detection gist1:b:7');
    const tap = new FileTap();
    await tap.read(join(folder, `${capture.id}.pcapng`));
    expect(tap.counters()).toMatchObject({ packets: 3, bytes: 180 });

    const small = started(captures, { bytes: 4_096 });
    for (let n = 1; n <= 200; n++) sources[1]?.onFrame(frame(n));
    await ended(small);
    expect(small.endedBy).toBe('bytes');
    expect(small.bytes).toBeGreaterThan(3_700);
    expect(small.bytes).toBeLessThanOrEqual(4_096);
    expect(readFileSync(join(folder, `${small.id}.pcapng`))).toHaveLength(small.bytes);
  });

  it('ends in time, takes what came until then, and counts what the kernel lost', async () => {
    vi.useFakeTimers();
    let capture: Capture;
    try {
      capture = started(open(), { seconds: 5, interfaces: ['eth1'] });
      const [source] = sources;
      source!.late = [frame(999), frame(2_000)];
      source!.drops = [7];
      await vi.advanceTimersByTimeAsync(5_000);
    } finally {
      vi.useRealTimers();
    }
    await ended(capture);
    expect(capture).toMatchObject({ endedBy: 'seconds', packets: 1, lost: 7 });
  });

  it('is stopped by hand, and by its interfaces going away', async () => {
    const captures = open();
    const [one, two] = [started(captures), started(captures)];
    expect(await captures.stop(one.id)).toMatchObject({ state: 'done', endedBy: 'stopped' });
    expect(await captures.stop('none-00000000')).toBeUndefined();
    sources[1]?.onGone(0);
    expect(two.state).toBe('running');
    sources[1]?.onGone(1);
    await ended(two);
    expect(two.endedBy).toBe('interfaces gone');
    expect(sources.every(({ closed }) => closed)).toBe(true);
  });

  it('refuses what is beyond the box', () => {
    const captures = open();
    const refusal = (request: CaptureRequest) => {
      const result = captures.start(request);
      return 'refusal' in result ? `${result.refusal.kind}: ${result.refusal.message}` : 'started';
    };
    expect(refusal({ packets: 1_001 })).toBe('bad request: packets: at most 1000 on this box');
    expect(refusal({ seconds: 61 })).toBe('bad request: seconds: at most 60 on this box');
    expect(refusal({ interfaces: ['eth9'] })).toBe('bad request: the interface eth9 is not watched');
    expect([refusal({}), refusal({})]).toEqual(['started', 'started']);
    expect(refusal({})).toBe('busy: 2 captures are running, and no more may at one time');
    expect(captures.counts).toMatchObject({ started: 2, refused: 4 });
    return captures.close();
  });

  it('keeps within its disk: the oldest that have ended go', async () => {
    const captures = open({ diskBytes: (1 << 20) + 6_000 });
    const first = started(captures, { bytes: 4_096 });
    await captures.stop(first.id);
    const second = started(captures, { bytes: 1 << 20 });
    expect(captures.get(first.id)).toBeDefined();
    const tooMuch = captures.start({ bytes: 1 << 20 });
    expect(tooMuch).toMatchObject({ refusal: { kind: 'busy' } });
    expect(captures.get(first.id)).toBeUndefined();
    expect(existsSync(join(folder, `${first.id}.pcapng`))).toBe(false);
    await captures.remove(second.id);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that the disk failed', async () => {
    const captures = open();
    const capture = started(captures);
    writeFileSync(join(folder, `${capture.id}.pcapng`), ''); // is in the way
    await captures.stop(capture.id);
    expect(capture.state).toBe('failed');
    expect(capture.endedBy).toContain('EEXIST');
    expect(captures.counts).toMatchObject({ failed: 1, done: 0 });
  });

  it('begins with an empty folder', () => {
    writeFileSync(join(folder, 'old.pcapng'), '');
    open();
    expect(readdirSync(folder)).toEqual([]);
  });
});
