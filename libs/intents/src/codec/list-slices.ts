import * as t from 'io-ts';
import { parseJson } from './digits.js';

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * The elements of `{"name":[...]}`, a slice at a time, each of at least `sliceChars` characters of JSON but for the last: what
 * takes long to parse in one go becomes many short ones. A text that does not begin so comes whole. Throws `SyntaxError`
 * wherever `JSON.parse` would, after the slices before it; undefined stands for JSON without such a list.
 */
export function* listSlices(json: string, name: string, sliceChars: number): Generator<readonly unknown[] | undefined, void, void> {
  const start = json.length <= sliceChars ? undefined : startOfList(json, name);
  if (start === undefined) {
    yield listIn(parseJson(json), name);
    return;
  }
  for (let from = start; ;) {
    const to = endOfSlice(json, from, sliceChars);
    const slice = json.slice(from, to);
    const last = json.charCodeAt(to) === CLOSE_LIST;
    if (last && from > start && !/\S/.test(slice)) throw new SyntaxError('a comma after the last element');
    yield listIn(parseJson(`{${JSON.stringify(name)}:[${slice}]}`), name);
    if (last) {
      // Other fields may follow. They must be JSON, and not give the list another value.
      if (listIn(parseJson(`{${JSON.stringify(name)}:[${json.slice(to)}`), name)?.length !== 0) yield undefined;
      return;
    }
    from = to + 1;
  }
}

function listIn(value: unknown, name: string): readonly unknown[] | undefined {
  const list = t.UnknownRecord.is(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return t.UnknownArray.is(list) ? list : undefined;
}

/** Where the first element begins; undefined where the list is not the first field. */
function startOfList(json: string, name: string): number | undefined {
  const opening = /^\s*\{\s*"([^"\\]*)"\s*:\s*\[/.exec(json.slice(0, 1_000));
  return opening?.[1] === name ? opening[0].length : undefined;
}

/** The comma after an element, or the bracket that ends the list, whichever comes first `sliceChars` from here. */
function endOfSlice(json: string, from: number, sliceChars: number): number {
  let depth = 0;
  for (let i = from; i < json.length; i++) {
    switch (json.charCodeAt(i)) {
      case QUOTE:
        i = endOfText(json, i);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth++;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (depth-- > 0) break;
        if (json.charCodeAt(i) === CLOSE_LIST) return i;
        throw new SyntaxError(`a list ends with } at ${i}`);
      case COMMA:
        if (depth === 0 && i - from >= sliceChars) return i;
    }
  }
  throw new SyntaxError('it ends within a list');
}

/** The quote that ends the text which begins with the quote at `start`. */
function endOfText(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  throw new SyntaxError('it ends within a text');
}
