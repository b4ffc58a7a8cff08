import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';
import { IndicatorBatch, MitigationDetail, MitigationRequest } from '../index.js';
import { annotate } from './annotation.js';
import { decode, issuesToText, requestSchema, responseSchema } from './standard-schema.js';
import { toJsonSchema } from './to-json-schema.js';

const issues = (codec: t.Mixed, value: unknown): string => {
  const result = requestSchema(codec)['~standard'].validate(value);
  if (result instanceof Promise) throw new Error('validate is synchronous');
  return issuesToText(result.issues ?? []);
};
const good = { requestId: 'req-00001', target: { prefix: '198.51.100.7' }, actions: ['drop-flow'], ttlSeconds: 60, reason: 'test' };

describe('toJsonSchema', () => {
  it('describes every message of the API', () => {
    for (const codec of [MitigationDetail, MitigationRequest, IndicatorBatch]) expect(toJsonSchema(codec)).toHaveProperty('$ref');
    const { $defs } = toJsonSchema(MitigationRequest) as { $defs: Record<string, { required?: string[] }> };
    expect($defs['MitigationRequest']?.required).toEqual(['requestId', 'target', 'actions', 'ttlSeconds', 'reason']);
  });

  it.each([
    ['a custom codec', new t.Type('Custom', t.string.is, t.success, String), /not an io-ts combinator/],
    ['a predicate that nobody described', t.type({ a: t.refinement(t.string, () => true, 'Secret') }), /Secret at \/a/],
    ['two codecs of one name', t.tuple([annotate(t.string, { id: 'X' }), annotate(t.number, { id: 'X' })]), /already called 'X'/],
  ])('throws on %s', (_, codec, why) => expect(() => toJsonSchema(codec)).toThrow(why));
});

describe('requests', () => {
  it.each<[unknown, string]>([
    [good, ''],
    [{ ...good, ttlSeconds: 0 }, 'ttlSeconds: must be an integer from 1 to 604800, not number'],
    [{ ...good, actions: ['drop-flow', 'drop-flow'] }, 'actions: must be one to three different actions, not array'],
    [
      { ...good, target: { prefix: '10.0.0.1/8' } },
      'target.prefix: must be an IP address or prefix without host bits, such as 198.51.100.0/24, not string',
    ],
    [{ ...good, target: { prefix: '10.0.0.1', via: 1 }, x: 1 }, 'target.via: is not a known property; x: is not a known property'],
    [null, '(whole): must be an object, not null'],
  ])('%j', (value, expected) => expect(issues(MitigationRequest, value)).toBe(expected));

  it('are refused for their depth before it costs anything', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 5_000; i++) deep = [deep];
    expect(issues(MitigationRequest, deep)).toMatch(/more than 32 levels/);
  });
});

it('what is sent has nothing that its codec does not know; what is received may', () => {
  const codec = t.type({ a: t.number });
  expect(decode(codec, { a: 1, later: 2 })).toHaveProperty('value');
  expect(responseSchema(codec)['~standard'].validate({ a: 1, later: 2 })).toHaveProperty('issues');
});
