import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { decode, Envelope } from '@guardpost/contracts';

/** Where a line is kept, and how far its delivery is. */
export interface Spooled {
  readonly seq: number;
  offset: number;
  readonly length: number;
  state: 'queued' | 'flying' | 'sent';
  attempts: number;
  sentAtMs: number;
}

/** Compacting is worth it from here on, once the acknowledged lines are more than the others. */
const COMPACT_FROM_BYTES = 1 << 20;

/**
 * The envelopes of one boot that nobody has acknowledged yet: one JSON object a line. Written synchronously, so a line
 * outlives a killed process; not synced to the disk, so the last ones may not outlive a power cut.
 */
export class SpoolFile {
  readonly pending = new Map<number, Spooled>();
  /** Lines that could not be read back: the last one of a killed process may be half written. */
  torn = 0;
  private fd: number;
  private size = 0;
  private pendingBytes = 0;

  constructor(readonly path: string) {
    this.fd = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600);
    this.load();
  }

  get bytes(): number {
    return this.size;
  }

  /** Throws when the disk takes no more; the file is then as it was. */
  append(seq: number, json: string): Spooled {
    const line = Buffer.from(`${json}\n`);
    let written = 0;
    try {
      while (written < line.length) written += writeSync(this.fd, line, written, line.length - written, this.size + written);
    } catch (error) {
      ftruncateSync(this.fd, this.size);
      throw error;
    }
    return this.note(seq, line.length);
  }

  /** Undefined where the file has been damaged since. */
  read({ offset, length }: Spooled): Envelope | undefined {
    const line = Buffer.alloc(length);
    readSync(this.fd, line, 0, length, offset);
    return parseLine(line.toString());
  }

  /** Forgets lines, and how many of these there were. */
  acknowledge(seqs: readonly number[]): number {
    let known = 0;
    for (const seq of seqs) {
      const spooled = this.pending.get(seq);
      if (spooled === undefined) continue;
      this.pending.delete(seq);
      this.pendingBytes -= spooled.length;
      known += 1;
    }
    if (this.pending.size === 0) {
      ftruncateSync(this.fd, 0);
      this.size = 0;
    } else if (this.size >= COMPACT_FROM_BYTES && this.pendingBytes * 2 < this.size) this.tryToCompact();
    return known;
  }

  /** A file with nothing left to deliver goes. */
  close(): void {
    closeSync(this.fd);
    if (this.pending.size === 0) rmSync(this.path, { force: true });
  }

  /** A disk that is full keeps the file as it is. */
  private tryToCompact(): void {
    const temporary = `${this.path}.new`;
    try {
      this.compact(temporary);
    } catch {
      rmSync(temporary, { force: true });
    }
  }

  private compact(temporary: string): void {
    const fd = openSync(temporary, 'w+', 0o600);
    let offset = 0;
    const moved: [Spooled, number][] = [];
    for (const spooled of this.pending.values()) {
      const line = Buffer.alloc(spooled.length);
      readSync(this.fd, line, 0, line.length, spooled.offset);
      writeSync(fd, line, 0, line.length, offset);
      moved.push([spooled, offset]);
      offset += line.length;
    }
    renameSync(temporary, this.path);
    closeSync(this.fd);
    this.fd = fd;
    this.size = offset;
    for (const [spooled, at] of moved) spooled.offset = at;
  }

  private note(seq: number, length: number): Spooled {
    const spooled: Spooled = { seq, offset: this.size, length, state: 'queued', attempts: 0, sentAtMs: 0 };
    this.pending.set(seq, spooled);
    this.size += length;
    this.pendingBytes += length;
    return spooled;
  }

  private load(): void {
    if (fstatSync(this.fd).size === 0) return;
    const content = readFileSync(this.path);
    for (let start = 0; start < content.length;) {
      const end = content.indexOf(10, start);
      const length = (end < 0 ? content.length : end + 1) - start;
      const envelope = end < 0 ? undefined : parseLine(content.toString('utf8', start, end));
      if (envelope === undefined) {
        this.torn += 1;
        this.size += length;
      } else this.note(envelope.seq, length);
      start += length;
    }
  }
}

function parseLine(text: string): Envelope | undefined {
  try {
    const envelope = decode(Envelope, JSON.parse(text));
    return 'value' in envelope ? envelope.value : undefined;
  } catch {
    return undefined;
  }
}
