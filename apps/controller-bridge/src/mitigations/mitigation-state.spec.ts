import type { MitigationState, PlacementState } from '@guardpost/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateOf } from './mitigation-state.js';

const placement = fc.constantFrom<PlacementState>('requested', 'accepted', 'confirmed', 'failed', 'lifting', 'lifted');

describe('stateOf', () => {
  it.each<[MitigationState, PlacementState[], MitigationState]>([
    ['requested', ['requested', 'accepted'], 'requested'],
    ['requested', ['confirmed', 'accepted'], 'requested'],
    ['requested', ['confirmed', 'confirmed'], 'active'],
    ['active', ['confirmed', 'requested'], 'out_of_sync'],
    ['out_of_sync', ['confirmed', 'confirmed'], 'active'],
    ['requested', ['failed', 'failed'], 'failed'],
    ['lifting', ['lifted', 'lifting'], 'lifting'],
    ['lifting', ['lifted', 'lifted'], 'lifted'],
    ['requested', [], 'requested'],
  ])('%s with %j is %s', (current, placements, next) => expect(stateOf(current, placements)).toBe(next));

  it('never leaves an end, and a lift never turns back', () => {
    fc.assert(
      fc.property(fc.array(placement), (placements) => {
        expect(stateOf('lifted', placements)).toBe('lifted');
        expect(stateOf('failed', placements)).toBe('failed');
        expect(['lifting', 'lifted']).toContain(stateOf('lifting', placements));
      }),
    );
  });
});
