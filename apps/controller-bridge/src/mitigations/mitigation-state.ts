import type { MitigationState, PlacementState } from '@guardpost/contracts';

/** A mitigation's state follows from its placements' and from whether it is on its way out. Pure. */
export function stateOf(current: MitigationState, placements: readonly PlacementState[]): MitigationState {
  if (current === 'lifted' || current === 'failed') return current;
  if (current === 'lifting') return placements.every((p) => p === 'lifted' || p === 'failed') ? 'lifted' : 'lifting';
  const held = placements.filter((p) => p !== 'lifted' && p !== 'lifting'); // lifting here: replaced by others of the same mitigation
  if (held.length > 0 && held.every((p) => p === 'failed')) return 'failed';
  const whole = held.length > 0 && held.every((p) => p === 'confirmed' || p === 'failed');
  if (whole) return 'active';
  return current === 'active' || current === 'out_of_sync' ? 'out_of_sync' : 'requested';
}
