import * as t from 'io-ts';

/** The first of what a codec found wrong: `devices[3].id: string expected, got 17`. */
export function report(errors: t.Errors): string {
  const [first] = errors;
  if (first === undefined) return 'wrong';
  const at = first.context.map(({ key }, i) => step(key, first.context[i - 1]?.type)).join('');
  const expected = first.context.at(-1)?.type.name ?? 'something else';
  return `${at.replace(/^\./, '') || 'the answer'}: ${expected} expected, got ${brief(first.value)}`;
}

/** io-ts counts the members of intersections and unions among the keys; the reader of a message has never heard of them. */
function step(key: string, parent: t.Decoder<unknown, unknown> | undefined): string {
  if (key === '' || parent instanceof t.IntersectionType) return '';
  if (!/^\d+$/.test(key)) return `.${key}`;
  return parent instanceof t.UnionType ? '' : `[${key}]`;
}

/** Never the whole of a list or an object: it may be megabytes, and deeper than `JSON.stringify` can go. */
function brief(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? `a list of ${value.length}` : 'an object';
    default:
      return 'nothing';
  }
}
