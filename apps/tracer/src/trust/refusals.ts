import type { Report } from '@guardpost/contracts';

/** Refusals told to the bridges, a second: whoever floods Redis with rubbish gets no flood of answers. */
const TOLD_PER_SECOND = 10;
const SAMPLE_CHARS = 200;

/** Every message that was refused is counted by its kind; the first of a kind is logged; some each second are reported. */
export class Refusals {
  readonly byKind = new Map<string, number>();
  private second = 0;
  private told = 0;

  constructor(
    private readonly nowUs: () => number,
    private readonly report: (report: Report) => void,
    private readonly log: (message: string) => void,
  ) {}

  refuse(channel: string, reason: string, raw: string): void {
    const kind = reason.split(':', 1)[0] ?? reason;
    const count = this.byKind.get(kind) ?? 0;
    this.byKind.set(kind, count + 1);
    if (count === 0) this.log(`refused a message on ${channel}: ${reason} (further ones of this kind are counted only)`);
    const at = this.nowUs();
    const second = Math.floor(at / 1e6);
    if (second !== this.second) [this.second, this.told] = [second, 0];
    if (this.told++ < TOLD_PER_SECOND) this.report({ kind: 'refused', channel, reason, sample: raw.slice(0, SAMPLE_CHARS), at });
  }
}
