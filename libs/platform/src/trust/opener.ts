import { verify, type KeyObject } from 'node:crypto';
import { decode, Envelope, issuesToText, signedBytes } from '@guardpost/contracts';
import type * as t from 'io-ts';

export type Opened<A> = { readonly body: A; readonly envelope: Envelope } | { readonly refused: string };

/** Opens what others sealed: nothing of the body is looked at before the signature is found to be its sender's. */
export class Opener {
  constructor(private readonly ring: ReadonlyMap<string, { name: string; key: KeyObject }>) {}

  /** `raw` is an envelope, or the JSON text of one. The refusal says what was wrong, and never repeats the message. */
  open<A>(raw: unknown, codec: t.Type<A, unknown>): Opened<A> {
    const envelope = decode(Envelope, typeof raw === 'string' ? parseJson(raw) : raw);
    if ('issues' in envelope) return { refused: `no envelope: ${issuesToText(envelope.issues)}` };
    const { kid, from, sig } = envelope.value;
    const known = this.ring.get(kid);
    if (known === undefined) return { refused: `wrong key: ${kid} is not among the trusted ones` };
    if (known.name !== from) return { refused: `wrong key: ${kid} is the key of ${known.name}, the message says it is from ${from}` };
    if (!verify(null, signedBytes(envelope.value), known.key, Buffer.from(sig, 'base64')))
      return { refused: `wrong signature: the message is not what ${from} signed` };
    const body = decode(codec, parseJson(envelope.value.body));
    if ('issues' in body) return { refused: `body does not decode: ${issuesToText(body.issues)}` };
    return { body: body.value, envelope: envelope.value };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
