import { createHash } from 'node:crypto';
import { Detection, DETECTIONS_QUEUE, redisKeys, type Acknowledgement } from '@guardpost/contracts';
import { answered, type Opener, type Sealer } from '@guardpost/platform';
import { Injectable } from '@nestjs/common';
import type { Redis } from 'ioredis';
import { nowUs } from '../clock.js';
import { DeadLetters } from '../dead-letters/dead-letters.service.js';
import { Enforcement } from '../enforcement/enforcement.service.js';
import { Judge } from './judge.service.js';

/** Acknowledgements that are kept for a box that is away; what it misses it sends again. */
const KEEP_ACKS = 10_000;

/**
 * Takes detections from the queue: a job only writes the ledger, and may do so twice. The box is told after the ledger has
 * it, and before the job counts as done: a bridge that dies in between does the job again.
 */
@Injectable()
export class DetectionsConsumer {
  constructor(
    private readonly instance: string,
    private readonly opener: Opener,
    private readonly judge: Judge,
    private readonly after: { readonly dead: DeadLetters; readonly enforcement: Enforcement },
    /** One a box: its acknowledgements are a channel of their own. */
    private readonly sealers: ReadonlyMap<string, Sealer>,
    private readonly redis: Redis,
  ) {}

  async take(payload: unknown, jobId: string): Promise<void> {
    const receivedAt = nowUs();
    const refuse = (reason: string): Promise<void> =>
      this.after.dead.add({ side: 'bridge', by: this.instance, channel: DETECTIONS_QUEUE, reason, sample: JSON.stringify(payload) ?? '' });
    const opened = this.opener.open(payload, Detection);
    if ('refused' in opened) return refuse(opened.refused);
    const { envelope, body } = opened;
    const { from, boot, seq } = envelope;
    if (jobId !== `${from}:${boot}:${seq}`) return refuse(`job ${jobId} holds message ${from}:${boot}:${seq}`);
    if (body.box !== from) return refuse(`${from} speaks for ${body.box}`);
    if (!this.sealers.has(from)) return refuse(`${from} is no box of the configuration`);
    const hash = createHash('sha256').update(envelope.sig).digest('hex');
    const judged = await this.judge.judge(body, { box: from, boot, seq, hash }, receivedAt);
    if ('refused' in judged) return refuse(judged.refused);
    this.after.enforcement.hurry(judged.placements);
    await this.acknowledge({ kind: 'ack', box: from, boot, seqs: [seq] });
  }

  private async acknowledge(ack: Acknowledgement): Promise<void> {
    const sealer = this.sealers.get(ack.box);
    if (sealer === undefined) return; // a trusted key without a box in the configuration: nobody to tell
    const entry = JSON.stringify(sealer.seal(ack));
    await answered(this.redis, 'an acknowledgement', this.redis.xadd(redisKeys.toBox(ack.box), 'MAXLEN', '~', KEEP_ACKS, '*', 'e', entry));
  }
}
