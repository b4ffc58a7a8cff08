import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAMES } from '../testing/crafted/all.js';
import type { Crafted } from '../testing/crafted/crafted.js';
import { readFrames } from '../testing/read-frames.js';

const FAULT_NAMES = { truncated: 'truncated', malformed: 'malformed', tooDeep: 'too deep' } as const;

describe('parse', () => {
  it.each(FRAMES.map((crafted): [string, Crafted] => [crafted.name, crafted]))('%s', (_, { frame, want, fault }) => {
    const { flows, faults } = readFrames([{ frame }]);
    expect(flows).toMatchObject(want === null ? [] : [{ packets: 1, bytes: frame.length, ...want }]);
    if (fault === undefined) expect(['', 'not IP']).toContain(faults[0]);
    else expect(faults[0]).toBe(FAULT_NAMES[fault]);
  });

  const crafted = fc.constantFrom(...FRAMES.map(({ frame }) => frame));
  const mutation = fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), value: fc.nat(255) });

  it('reads any bytes without harm, each frame into one flow or none', () => {
    fc.assert(
      fc.property(crafted, fc.array(mutation, { maxLength: 6 }), fc.nat(1600), (frame, mutations, captured) => {
        const broken = Buffer.from(frame);
        for (const { at, value } of mutations) broken[Math.floor(at * broken.length)] = value;
        const { flows, others } = readFrames([{ frame: broken, captured: Math.min(captured, broken.length) }]);
        expect(flows.length + others).toBe(1);
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes nothing from behind the captured bytes: what follows makes no difference', () => {
    fc.assert(
      fc.property(crafted, fc.nat(200), fc.nat(255), (frame, captured, fill) => {
        const cut = Math.min(captured, frame.length);
        const other = Buffer.from(frame).fill(fill, cut);
        expect(readFrames([{ frame, captured: cut }])).toEqual(readFrames([{ frame: other, captured: cut }]));
      }),
      { numRuns: 2_000 },
    );
  });

  it('counts a cut of the capture as such, and keeps what was captured', () => {
    const whole = FRAMES.find(({ name }) => name === 'IPv4')!.frame;
    expect(readFrames([{ frame: whole, captured: 38 }])).toMatchObject({
      flows: [{ sport: 1, dport: 80, tcpFlags: 0 }],
      faults: ['snapped'],
    });
    expect(readFrames([{ frame: whole, captured: 37 }])).toMatchObject({ flows: [{ sport: 0, dport: 0, proto: 6 }], faults: ['snapped'] });
    expect(readFrames([{ frame: whole, captured: 33 }])).toMatchObject({ flows: [], faults: ['snapped'] });
  });
});
