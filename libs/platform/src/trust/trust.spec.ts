import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import * as fc from 'fast-check';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';
import { keyId } from './keys.js';
import { Opener } from './opener.js';
import { newBoot, Sealer } from './sealer.js';
import { SequenceGuard } from './sequence.js';

const Body = t.type({ text: t.string });
const [ours, theirs] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const ring = new Map<string, { name: string; key: KeyObject }>([[keyId(ours.publicKey), { name: 'gist1', key: ours.publicKey }]]);
const opener = new Opener(ring);
const boot = newBoot(1_700_000_000_000);
const seal = (key = ours.privateKey, from = 'gist1') => new Sealer(from, key, boot, () => 1).seal({ text: 'hello' });
const refusal = (raw: unknown): string => {
  const opened = opener.open(raw, Body);
  return 'refused' in opened ? opened.refused : '';
};

describe('envelopes', () => {
  it('open to what was sealed, also from text', () => {
    expect(opener.open(seal(), Body)).toMatchObject({ body: { text: 'hello' }, envelope: { from: 'gist1', boot, seq: 1 } });
    expect(refusal(JSON.stringify(seal()))).toBe('');
  });

  it('are refused when another key signed, or the key is another sender´s', () => {
    expect(refusal(seal(theirs.privateKey))).toMatch(/wrong key/);
    expect(refusal(seal(ours.privateKey, 'gist2'))).toMatch(/wrong key: .* is the key of gist1/);
  });

  it('are refused after any change of any field', () => {
    const sealed = seal();
    const changes = { from: 'gist2', boot: newBoot(), seq: 2, at: 2, body: '{"text":"hallo"}', kid: keyId(theirs.publicKey), v: 2 };
    for (const [field, value] of Object.entries(changes)) expect(refusal({ ...sealed, [field]: value })).not.toBe('');
    fc.assert(
      fc.property(fc.nat(sealed.body.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const body = Buffer.from(sealed.body);
        body[at] = (body[at] ?? 0) ^ bits;
        expect(refusal({ ...sealed, body: body.toString('latin1') })).toMatch(/wrong signature/);
      }),
    );
  });

  it.each([undefined, null, '', '{', '[]', { v: 1 }, 7])('garbage %j is refused, never thrown at', (raw) =>
    expect(refusal(raw)).toMatch(/no envelope/),
  );

  it('with a body that is something else are refused after the signature was found right', () => {
    expect(refusal(new Sealer('gist1', ours.privateKey, boot).seal({ other: 1 }))).toMatch(/body does not decode: text/);
  });
});

describe('SequenceGuard', () => {
  it('takes what is new, counts what is missing, and refuses what was', () => {
    const guard = new SequenceGuard();
    const [early, late] = [newBoot(1_000), newBoot(2_000)];
    expect(guard.accept('a', early, 5)).toEqual({ gap: 0 });
    expect(guard.accept('a', early, 8)).toEqual({ gap: 2 });
    expect(guard.accept('a', early, 8)).toEqual({ refused: 'old seq: 8 came after 8' });
    expect(guard.accept('b', early, 1)).toEqual({ gap: 0 });
    expect(guard.accept('a', late, 2)).toEqual({ gap: 1 });
    expect(guard.accept('a', early, 9)).toMatchObject({ refused: expect.stringMatching(/old run/) as string });
  });
});
