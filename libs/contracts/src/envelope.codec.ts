import * as t from 'io-ts';
import { annotate, integer, matching } from './schema/annotation.js';
import { TimeUs } from './schema/primitives.js';

/** Version of the envelope itself; another one is refused, not guessed at. */
export const ENVELOPE_VERSION = 1;

/**
 * Every message between a box and a bridge, in both directions. `sig` is Ed25519 (RFC 8032), base64, over the bytes of
 * `v \n from \n boot \n seq \n at \n kid \n body`. `body` is text: what was signed is what is decoded.
 */
export const Envelope = annotate(
  t.type({
    v: t.literal(ENVELOPE_VERSION),
    /** Box id or bridge instance. */
    from: matching('Sender', /^[a-z][a-z0-9-]{0,31}$/),
    /** One run of the sender's process: its start in milliseconds since 1970, then a random tail. Sorts by time. */
    boot: matching('Boot', /^\d{13}-[0-9a-f]{8}$/),
    /** Counts the sender's messages of one channel from 1, without a gap. */
    seq: integer('Seq', 1),
    at: TimeUs,
    /** First 16 hexadecimal digits of SHA-256 over the public key's SPKI. */
    kid: matching('KeyId', /^[0-9a-f]{16}$/),
    body: t.string,
    sig: matching('Signature', /^[A-Za-z0-9+/]{86}==$/),
  }),
  { id: 'Envelope' },
);
export type Envelope = t.TypeOf<typeof Envelope>;

/** The bytes that are signed. */
export const signedBytes = (e: Omit<Envelope, 'sig'>): Buffer => Buffer.from([e.v, e.from, e.boot, e.seq, e.at, e.kid, e.body].join('\n'));
