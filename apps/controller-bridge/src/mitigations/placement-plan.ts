import type { Action, Detection, IntentRef, PlacementRole } from '@guardpost/contracts';
import type { FlowRule } from '@guardpost/intents';
import type { PlacementRow } from '../ledger/tables.js';

/** A placement that is wanted, before it has an id. */
export interface WantedPlacement {
  readonly action: Action;
  readonly box: string | null;
  readonly device: string | null;
  readonly inPort: string | null;
  readonly side: 'from' | 'to' | null;
  readonly role?: PlacementRole;
  /** Of a guard or a stand-in, whose rule does not follow from the target. */
  readonly rule?: FlowRule;
  readonly intent?: IntentRef;
}

type Known = Pick<PlacementRow, 'action' | 'box' | 'device' | 'in_port' | 'side'>;

/**
 * What a detection calls for beyond what is placed already: both directions at the device where the box saw the traffic,
 * each at the port where it came in. A direction that was only seen leaving the bridge, or not yet, takes a rule for all
 * ports. On a box that has no bridge of its own only `tap-drop` can act.
 */
export function placementsFor(detection: Detection, actions: readonly Action[], known: readonly Known[]): WantedPlacement[] {
  const wanted: WantedPlacement[] = [];
  const { box } = detection;
  if (actions.includes('tap-drop') && !known.some((k) => k.action === 'tap-drop' && k.box === box))
    wanted.push({ action: 'tap-drop', box, device: null, inPort: null, side: null });
  if (!actions.includes('drop-flow')) return wanted;
  const first = detection.matched === 'source' ? 'from' : 'to';
  for (const device of new Set(detection.seen.map((s) => s.device))) {
    if (device === null) continue;
    for (const side of ['from', 'to'] as const) {
      const placed = known.filter((k) => k.action === 'drop-flow' && k.device === device && k.side === side);
      if (placed.some((k) => k.in_port === null)) continue;
      // A sighting tells the direction of the first packet; the other one's port is not known from it.
      const entered = side === first ? detection.seen.find((s) => s.device === device && s.direction === 'ingress') : undefined;
      const inPort = entered?.port ?? null;
      // The way back is stopped for all ports, unless a port of it is stopped already.
      if (inPort === null ? placed.length > 0 : placed.some((k) => k.in_port === inPort)) continue;
      wanted.push({ action: 'drop-flow', box, device, inPort, side });
    }
  }
  return wanted;
}
