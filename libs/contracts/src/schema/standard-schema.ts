import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { isLeft, isRight } from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import { annotationOf } from './annotation.js';
import { literalAt, objectShape, reflect, tagOf, unwrap } from './reflect.js';
import { toJsonSchema, type JsonSchema } from './to-json-schema.js';

type Issue = StandardSchemaV1.Issue;
export type Schema<I, O> = StandardSchemaV1<I, O> & StandardJSONSchemaV1<I, O>;

/** Deeper than any message of ours. io-ts takes time quadratic in the depth: 2000 levels (20 kB) kept a core busy for a minute. */
const MAX_DEPTH = 32;

/** Decodes outside data of bounded depth. Keys that the codec does not know pass: a newer peer may send them. */
export function decode<A>(codec: t.Type<A, unknown>, value: unknown): { issues: Issue[] } | { value: A } {
  if (deeperThan(value, MAX_DEPTH)) return { issues: [{ path: [], message: `is nested more than ${MAX_DEPTH} levels deep` }] };
  const decoded = codec.decode(value);
  return isLeft(decoded) ? { issues: toIssues(decoded.left) } : { value: decoded.right };
}

const pathOf = (issue: Issue): string => (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');

/** Issues as one line: `path: message; ...`. */
export const issuesToText = (issues: readonly Issue[]): string => issues.map((i) => `${pathOf(i) || '(whole)'}: ${i.message}`).join('; ');

const deeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((v) => deeperThan(v, levels - 1)));

/** What a person or a program asks of us: decoded, and refused when it has keys that the codec does not know. */
export function requestSchema<A, O>(codec: t.Type<A, O>): Schema<O, A> {
  return standardSchema(codec, (value) => {
    const decoded = decode(codec, value);
    if ('issues' in decoded) return decoded;
    const issues = unknownKeys(codec, value, []);
    return issues.length > 0 ? { issues } : decoded;
  });
}

/** What goes out: a value that its own codec does not accept is our fault (500), never sent. */
export function responseSchema<A, O>(codec: t.Type<A, O>): Schema<A, O> {
  // Nest's serializer throws the messages away from their paths: put them back together.
  const refuse = (issues: Issue[]) => ({ issues: issues.map((i) => ({ ...i, message: `${pathOf(i)}: ${i.message}` })) });
  return standardSchema(codec, (value) => {
    if (!codec.is(value)) {
      const checked = codec.decode(value);
      return refuse(isLeft(checked) ? toIssues(checked.left) : [{ path: [], message: `must be ${nameOf(codec)}` }]);
    }
    const encoded = codec.encode(value);
    const issues = unknownKeys(codec, encoded, []);
    return issues.length > 0 ? refuse(issues) : { value: encoded };
  });
}

function standardSchema<I, O>(codec: t.Any, validate: (value: unknown) => StandardSchemaV1.Result<O>): Schema<I, O> {
  const json: JsonSchema = toJsonSchema(codec); // at load time: throws on a codec that can't be described
  // Nest asks for `openapi-3.0` whatever the document says it is; what we give is 2020-12, so the document must say 3.1.
  return { '~standard': { version: 1, vendor: 'guardpost', validate, jsonSchema: { input: () => json, output: () => json } } };
}

/**
 * io-ts reports every branch of a union: only those that got furthest are worth reading, and are merged to one issue.
 * Context entries below a union or an intersection are the number of the branch, not a key of the value.
 */
function toIssues(errors: t.Errors): Issue[] {
  const found = errors.map(({ context, value, message }) => {
    const path: string[] = [];
    let unionAt: number | undefined;
    context.slice(1).forEach((entry, i) => {
      const parent = reflect(unwrap(codecOf(context[i]!)))?._tag;
      if (parent === 'UnionType') unionAt ??= path.length;
      else if (parent !== 'IntersectionType') path.push(entry.key);
    });
    const failed = codecOf(context[context.length - 1]!);
    const union = unionAt === undefined ? undefined : path.slice(0, unionAt).join('.');
    return { path, union, depth: path.length, expected: message ?? nameOf(failed), got: kindOf(value) };
  });
  const deepest = (union: string): number => Math.max(...found.filter((f) => f.union === union).map((f) => f.depth));
  const issues = new Map<string, { path: string[]; expected: Set<string>; got: string }>();
  for (const f of found.filter((f) => f.union === undefined || f.depth === deepest(f.union))) {
    const issue = issues.get(f.path.join('.')) ?? { path: f.path, expected: new Set<string>(), got: f.got };
    issues.set(f.path.join('.'), { ...issue, expected: issue.expected.add(f.expected) });
  }
  return [...issues.values()].map(({ path, expected, got }) => ({ path, message: `must be ${[...expected].join(' or ')}, not ${got}` }));
}

/** Keys in an already valid `value` that `codec` says nothing about. */
function unknownKeys(codec: t.Any, value: unknown, path: readonly string[]): Issue[] {
  const r = reflect(unwrap(codec));
  const shape = objectShape(codec);
  if (shape !== undefined) {
    return Object.entries(value as object).flatMap(([key, v]) => {
      const prop = Object.hasOwn(shape.props, key) ? shape.props[key] : undefined;
      return prop ? unknownKeys(prop, v, [...path, key]) : [{ path: [...path, key], message: 'is not a known property' }];
    });
  }
  switch (r?._tag) {
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return (value as unknown[]).flatMap((v, i) => unknownKeys(r.type, v, [...path, `${i}`]));
    case 'DictionaryType':
      return Object.entries(value as object).flatMap(([k, v]) => unknownKeys(r.codomain, v, [...path, k]));
    case 'TupleType':
      return r.types.flatMap((c, i) => unknownKeys(c, (value as unknown[])[i], [...path, `${i}`]));
    case 'UnionType': {
      // the member that fits best
      const tries = r.types.filter((c) => isRight(c.decode(value))).map((c) => unknownKeys(c, value, path));
      return tries.sort((a, b) => a.length - b.length)[0] ?? [];
    }
    default:
      return [];
  }
}

/** io-ts types a context entry as a Decoder; every combinator puts itself, a Type, there. */
const codecOf = (entry: t.ContextEntry): t.Any => entry.type as t.Any;

/** Never the value itself: it may be a secret, or a megabyte. */
const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : value === undefined ? 'missing' : typeof value;

const nameOf = (codec: t.Any): string => {
  const a = annotationOf(codec);
  const r = reflect(codec);
  const tag = r?._tag === 'UnionType' ? tagOf(r.types) : undefined;
  if (r?._tag === 'UnionType' && tag) return `an object with ${tag} ${r.types.map((m) => literalAt(m, tag)).join(' | ')}`;
  if (r?._tag === 'KeyofType') return codec.name; // the values
  return a?.description ?? a?.id ?? (objectShape(codec) ? 'an object' : codec.name);
};
