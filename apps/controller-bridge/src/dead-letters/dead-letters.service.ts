import { createHash } from 'node:crypto';
import type { DeadLetter } from '@guardpost/contracts';
import { Injectable, Logger } from '@nestjs/common';
import { Counter } from 'prom-client';
import { nowUs } from '../clock.js';
import { Ledger } from '../ledger/ledger.service.js';

const SAMPLE_MAX = 200;
/** Refusals that are written down in one second; those beyond are counted only. */
const WRITTEN_PER_SECOND = 100;

const refused = new Counter({
  name: 'guardpost_bridge_refused_messages_total',
  help: 'Messages that a bridge or a box refused',
  labelNames: ['side', 'channel'],
});

/** What was refused, by us or by a box, with the reason. The rest goes on. */
@Injectable()
export class DeadLetters {
  private readonly logger = new Logger(DeadLetters.name);

  private second = 0;
  private written = 0;

  constructor(private readonly ledger: Ledger) {}

  /** `sample` may be the whole message: it is cut here. The same message read twice is one entry. */
  async add(letter: {
    side: 'bridge' | 'box';
    by: string;
    channel: string;
    reason: string;
    sample: string;
    dedupe?: string;
  }): Promise<void> {
    const { dedupe, sample, ...rest } = letter;
    refused.inc({ side: letter.side, channel: letter.channel });
    if (!this.mayWrite()) return;
    this.logger.warn(`${letter.side} ${letter.by} refused a message of ${letter.channel}: ${letter.reason}`);
    const key = dedupe ?? createHash('sha256').update([rest.by, rest.channel, sample].join('\n')).digest('hex');
    await this.ledger.write((db) =>
      db
        .insertInto('dead_letter')
        .values({ ...rest, sample: sample.slice(0, SAMPLE_MAX), dedupe: key, at: nowUs() })
        .onConflict((c) => c.column('dedupe').doNothing())
        .execute(),
    );
  }

  private mayWrite(): boolean {
    const second = Math.floor(Date.now() / 1_000);
    if (second !== this.second) [this.second, this.written] = [second, 0];
    return ++this.written <= WRITTEN_PER_SECOND;
  }

  async list(limit: number): Promise<DeadLetter[]> {
    const rows = await this.ledger.db
      .selectFrom('dead_letter')
      .select(['id', 'at', 'side', 'by', 'channel', 'reason', 'sample'])
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ side, ...rest }) => ({ ...rest, side: side === 'box' ? 'box' : 'bridge' }));
  }
}
