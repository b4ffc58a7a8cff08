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

function brief(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
