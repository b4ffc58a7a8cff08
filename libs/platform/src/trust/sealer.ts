import { randomBytes, sign, type KeyObject } from 'node:crypto';
import { ENVELOPE_VERSION, signedBytes, type Envelope } from '@guardpost/contracts';
import { keyId } from './keys.js';

/** One run of this process. */
export const newBoot = (now: number = Date.now()): string => `${String(now).padStart(13, '0')}-${randomBytes(4).toString('hex')}`;

/** Signs the messages of one channel and numbers them from 1. */
export class Sealer {
  private seq = 0;
  private readonly kid: string;

  constructor(
    readonly from: string,
    private readonly key: KeyObject,
    readonly boot: string,
    private readonly nowUs: () => number = () => Date.now() * 1000,
  ) {
    this.kid = keyId(key);
  }

  seal(body: unknown): Envelope {
    const unsigned = {
      v: ENVELOPE_VERSION,
      from: this.from,
      boot: this.boot,
      seq: ++this.seq,
      at: this.nowUs(),
      kid: this.kid,
      body: JSON.stringify(body),
    } as const;
    return { ...unsigned, sig: sign(null, signedBytes(unsigned), this.key).toString('base64') };
  }
}
