import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { recorded } from '../../fixtures/onos/recorded.js';

const orNull = <C extends t.Mixed>(codec: C): t.UnionC<[C, t.NullC]> => t.union([codec, t.null]);
const RecordedCall = t.type({
  name: t.string,
  method: t.string,
  path: t.string,
  body: t.unknown,
  status: t.number,
  location: orNull(t.string),
  ctype: orNull(t.string),
  /** The recorded answer, a file of test/fixtures/onos. */
  file: orNull(t.string),
  note: t.string,
  /** `user:password`; null = none. */
  auth: orNull(t.string),
});
export type RecordedCall = t.TypeOf<typeof RecordedCall>;

const call = (line: string): RecordedCall => {
  const decoded = RecordedCall.decode(JSON.parse(line));
  if (isLeft(decoded)) throw new Error(`calls.jsonl: not a recorded call: ${line.slice(0, 80)}`);
  return decoded.right;
};
const same = (a: RecordedCall, b: RecordedCall): boolean => a.name === b.name && a.path === b.path && a.method === b.method;

/** Every recorded call, in the order of the recording. */
export const CALLS: readonly RecordedCall[] = recorded('calls.jsonl').trimEnd().split('\n').map(call);

/** Recorded again later: its answer was overwritten by the later one's. */
export const isSuperseded = (one: RecordedCall): boolean => CALLS.slice(CALLS.indexOf(one) + 1).some((later) => same(one, later));

export const bodyText = ({ body }: RecordedCall): string | undefined =>
  body === null || body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
