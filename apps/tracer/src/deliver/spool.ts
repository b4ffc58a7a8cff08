import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Envelope } from '@guardpost/contracts';
import { SpoolFile, type Spooled } from './spool-file.js';

export interface SpoolLimits {
  readonly entries: number;
  readonly bytes: number;
}
export const SPOOL_LIMITS: SpoolLimits = { entries: 100_000, bytes: 64 << 20 };

/** The spool files of this boot and of earlier ones that left something undelivered. */
export class Spool {
  private readonly files = new Map<string, SpoolFile>();
  private readonly own: SpoolFile;

  constructor(
    folder: string,
    private readonly boot: string,
    private readonly limits: SpoolLimits = SPOOL_LIMITS,
  ) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder).sort()) {
      const old = /^(\d{13}-[0-9a-f]{8})\.ndjson$/.exec(name)?.[1];
      if (old === undefined || old === boot) continue;
      const file = new SpoolFile(join(folder, name));
      if (file.pending.size === 0) file.close();
      else this.files.set(old, file);
    }
    this.own = new SpoolFile(join(folder, `${basename(boot)}.ndjson`));
    this.files.set(boot, this.own);
  }

  get entries(): number {
    return sum(this.files.values(), (f) => f.pending.size);
  }
  get bytes(): number {
    return sum(this.files.values(), (f) => f.bytes);
  }
  get torn(): number {
    return sum(this.files.values(), (f) => f.torn);
  }

  isFull(): boolean {
    return this.entries >= this.limits.entries || this.bytes >= this.limits.bytes;
  }

  append(envelope: Envelope): Spooled {
    return this.own.append(envelope.seq, JSON.stringify(envelope));
  }

  read(boot: string, spooled: Spooled): Envelope | undefined {
    return this.files.get(boot)?.read(spooled);
  }

  /** Of each boot, oldest first, what is still to be delivered. */
  *pending(): Iterable<[string, Spooled]> {
    for (const [boot, file] of this.files) for (const spooled of file.pending.values()) yield [boot, spooled];
  }

  holds(boot: string, spooled: Spooled): boolean {
    return this.files.get(boot)?.pending.get(spooled.seq) === spooled;
  }

  acknowledge(boot: string, seqs: readonly number[]): number {
    const file = this.files.get(boot);
    const known = file?.acknowledge(seqs) ?? 0;
    if (file !== undefined && file !== this.own && file.pending.size === 0) {
      file.close();
      this.files.delete(boot);
    }
    return known;
  }

  close(): void {
    for (const file of this.files.values()) file.close();
  }
}

const sum = <A>(items: Iterable<A>, of: (item: A) => number): number => {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
};
