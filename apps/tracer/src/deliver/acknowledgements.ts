import { Acknowledgement, redisKeys } from '@guardpost/contracts';
import { SequenceGuard, type Opener } from '@guardpost/platform';
import type { Refusals } from '../trust/refusals.js';

/** Takes what bridges say is in their ledger: only from a bridge, for this box, and no message twice. */
export class Acknowledgements {
  private readonly guard = new SequenceGuard();

  constructor(
    private readonly box: string,
    private readonly opener: Opener,
    private readonly refusals: Refusals,
    private readonly acknowledge: (boot: string, seqs: readonly number[]) => void,
  ) {}

  take(raw: string): void {
    const channel = redisKeys.toBox(this.box);
    const opened = this.opener.open(raw, Acknowledgement);
    if ('refused' in opened) return this.refusals.refuse(channel, opened.refused, raw);
    const { body, envelope } = opened;
    if (body.box !== this.box) return this.refusals.refuse(channel, `wrong box: the message is for ${body.box}`, raw);
    const order = this.guard.accept(envelope.from, envelope.boot, envelope.seq);
    if ('refused' in order) return this.refusals.refuse(channel, order.refused, raw);
    this.acknowledge(body.boot, body.seqs);
  }
}
