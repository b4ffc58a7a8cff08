import { randomBytes } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, rmSync, type ReadStream } from 'node:fs';
import { join } from 'node:path';
import type { PacketMatch } from '@guardpost/bpf';
import { parsePrefix, type Capture, type CaptureRequest } from '@guardpost/contracts';
import { RunningCapture, type CaptureLimits, type FrameSource } from './running-capture.js';

export interface CaptureMaxima extends CaptureLimits {
  /** At one time. */
  readonly running: number;
  /** Of all captures on the disk. */
  readonly diskBytes: number;
}
export interface OnDemandParts {
  readonly folder: string;
  readonly maxima: CaptureMaxima;
  /** Interfaces that are watched. */
  readonly interfaces: () => readonly { readonly name: string; readonly ifindex: number }[];
  /** Throws where frames can't be had. */
  readonly open: (interfaces: readonly { name: string; ifindex: number }[], match: PacketMatch, snapLength: number) => FrameSource;
  readonly nowNs: () => bigint;
}

/** What is wanted can't be had. `kind` says whose fault it is. */
export interface CaptureRefusal {
  readonly kind: 'bad request' | 'busy' | 'unavailable';
  readonly message: string;
}

const MAX_INTERFACES = 32;

/** Captures that somebody asked for: each a pcapng file within limits of its own and of the box. Files of an earlier run are removed. */
export class OnDemandCaptures {
  readonly counts = { started: 0, done: 0, failed: 0, refused: 0, removed: 0 };
  /** The oldest first. */
  private readonly known = new Map<string, { state: Capture; running: RunningCapture; reserved: number }>();

  constructor(private readonly parts: OnDemandParts) {
    mkdirSync(parts.folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(parts.folder)) if (name.endsWith('.pcapng')) rmSync(join(parts.folder, name));
  }

  list(): Capture[] {
    return [...this.known.values()].map(({ state }) => state);
  }
  get(id: string): Capture | undefined {
    return this.known.get(id)?.state;
  }

  start(request: CaptureRequest): { readonly capture: Capture } | { readonly refusal: CaptureRefusal } {
    const refuse = (kind: CaptureRefusal['kind'], message: string) => {
      this.counts.refused += 1;
      return { refusal: { kind, message } };
    };
    const { maxima, nowNs } = this.parts;
    const limits = limitsOf(request, maxima);
    const tooMuch = Object.entries(limits).find(([name, n]) => n > maxima[name as keyof CaptureLimits]);
    if (tooMuch !== undefined)
      return refuse('bad request', `${tooMuch[0]}: at most ${maxima[tooMuch[0] as keyof CaptureLimits]} on this box`);
    const watched = this.parts.interfaces();
    const names = request.interfaces ?? watched.map(({ name }) => name);
    const missing = names.find((name) => !watched.some((w) => w.name === name));
    if (missing !== undefined) return refuse('bad request', `the interface ${missing} is not watched`);
    const interfaces = watched.filter(({ name }) => names.includes(name));
    if (interfaces.length === 0) return refuse('unavailable', 'no interface is watched');
    if (interfaces.length > MAX_INTERFACES)
      return refuse('bad request', `name the interfaces, at most ${MAX_INTERFACES}: ${interfaces.length} are watched`);
    if (this.list().filter(({ state }) => state === 'running').length >= maxima.running)
      return refuse('busy', `${maxima.running} captures are running, and no more may at one time`);
    if (!this.makeRoom(limits.bytes)) return refuse('busy', 'the captures that are running need all the disk that captures may use');

    let source: FrameSource;
    try {
      const prefix = request.address === undefined ? undefined : parsePrefix(request.address);
      source = this.parts.open(interfaces, { prefix, port: request.port, proto: request.proto }, limits.snapLength);
    } catch (error) {
      return refuse('unavailable', error instanceof Error ? error.message : String(error));
    }
    const startedNs = nowNs();
    const id = `${(startedNs / 1_000_000n).toString(36)}-${randomBytes(4).toString('hex')}`;
    const state: Capture = {
      id,
      state: 'running',
      endedBy: null,
      request,
      interfaces: interfaces.map(({ name }) => name),
      startedAt: Number(startedNs / 1000n),
      endedAt: null,
      packets: 0,
      bytes: 0,
      lost: 0,
    };
    this.counts.started += 1;
    const running = new RunningCapture(state, this.pathOf(id), limits, source, nowNs, () => this.ended(id));
    this.known.set(id, { state, running, reserved: limits.bytes });
    return { capture: state };
  }

  /** Ends it where it runs. Undefined: there is none. */
  async stop(id: string): Promise<Capture | undefined> {
    const known = this.known.get(id);
    if (known?.state.state === 'running') await known.running.end('stopped');
    return known?.state;
  }

  /** The file of a capture that has ended. */
  read(id: string): ReadStream | undefined {
    return this.known.get(id)?.state.state === 'done' ? createReadStream(this.pathOf(id)) : undefined;
  }

  /** Ends it and removes its file. False: there is none. */
  async remove(id: string): Promise<boolean> {
    if ((await this.stop(id)) === undefined) return false;
    this.forget(id);
    return true;
  }

  async close(): Promise<void> {
    await Promise.all([...this.known.keys()].map((id) => this.stop(id)));
  }

  private ended(id: string): void {
    const known = this.known.get(id);
    if (known === undefined) return;
    known.reserved = known.state.bytes;
    this.counts[known.state.state === 'failed' ? 'failed' : 'done'] += 1;
  }

  /** The oldest that have ended go until there is room for `bytes`. */
  private makeRoom(bytes: number): boolean {
    const used = (): number => [...this.known.values()].reduce((sum, { reserved }) => sum + reserved, 0);
    for (const [id, { state }] of this.known) {
      if (used() + bytes <= this.parts.maxima.diskBytes) return true;
      if (state.state !== 'running') this.forget(id);
    }
    return used() + bytes <= this.parts.maxima.diskBytes;
  }

  private forget(id: string): void {
    this.known.delete(id);
    this.counts.removed += 1;
    rmSync(this.pathOf(id), { force: true });
  }

  private pathOf(id: string): string {
    return join(this.parts.folder, `${id}.pcapng`);
  }
}

const USUAL: CaptureLimits = { packets: 10_000, bytes: 16 << 20, seconds: 60, snapLength: 65_535 };

/** As asked for; what was not said is usual, as far as the box allows it. */
const limitsOf = (request: CaptureRequest, maxima: CaptureLimits): CaptureLimits => ({
  packets: request.packets ?? Math.min(USUAL.packets, maxima.packets),
  bytes: request.bytes ?? Math.min(USUAL.bytes, maxima.bytes),
  seconds: request.seconds ?? Math.min(USUAL.seconds, maxima.seconds),
  snapLength: request.snapLength ?? Math.min(USUAL.snapLength, maxima.snapLength),
});
