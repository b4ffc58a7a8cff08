import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listSlices } from './list-slices.js';

const sliced = (json: string, sliceChars: number): Array<readonly unknown[] | undefined> => [...listSlices(json, 'flows', sliceChars)];
/** What JSON.parse makes of it. */
function whole(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return (value as { flows?: unknown } | null)?.flows;
  } catch {
    return 'no JSON';
  }
}
function joined(json: string, sliceChars: number): unknown {
  try {
    const slices = sliced(json, sliceChars);
    return slices.includes(undefined) ? undefined : slices.flat();
  } catch (e) {
    if (e instanceof SyntaxError) return 'no JSON';
    throw e;
  }
}

const list = fc.array(fc.oneof(fc.jsonValue(), fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', 'a', '\n') })));
const sliceChars = fc.integer({ min: 1, max: 40 });

describe('a list in slices', () => {
  it('has the elements of the whole, in order, whatever stands beside it', () => {
    fc.assert(
      fc.property(
        list,
        fc.dictionary(
          fc.string().filter((key) => key !== 'flows' && key !== '__proto__'),
          fc.jsonValue(),
        ),
        sliceChars,
        (flows, rest, chars) => {
          const json = JSON.stringify({ flows, ...rest });
          expect(joined(json, chars)).toEqual(whole(json));
        },
      ),
    );
    fc.assert(
      fc.property(list, fc.constantFrom(1, '\t', ' '), sliceChars, (flows, space, chars) => {
        const json = JSON.stringify({ flows }, null, space);
        expect(joined(json, chars)).toEqual(JSON.parse(JSON.stringify(flows)));
      }),
    );
  });

  it('is refused where the whole would be', () => {
    const breakage = fc.record({
      at: fc.nat(),
      cut: fc.integer({ min: 0, max: 3 }),
      put: fc.constantFrom('', '"', '\\', ',', ']', '}', '[', '{', ']}', ',]', 'null', ':', 'x'),
    });
    fc.assert(
      fc.property(list, fc.array(breakage, { minLength: 1, maxLength: 3 }), sliceChars, (flows, breakages, chars) => {
        let json = JSON.stringify({ flows, more: [1] });
        for (const { at, cut, put } of breakages) {
          const here = at % json.length;
          json = json.slice(0, here) + put + json.slice(here + cut);
        }
        const expected = whole(json);
        expect(joined(json, chars)).toEqual(expected === 'no JSON' || Array.isArray(expected) ? expected : undefined);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is in as many slices as its length asks for', () => {
    const flows = Array.from({ length: 100 }, (_, id) => ({ id, text: 'x'.repeat(90) }));
    const slices = sliced(JSON.stringify({ flows }), 1_000);
    expect(slices).toHaveLength(10);
    expect(slices.flat()).toEqual(flows);
  });
});
