import type { Boxes } from '../boxes/boxes.service.js';
import type { Inventory } from '../inventory/inventory.service.js';
import type { WantedPlacement } from './placement-plan.js';

/** A link that is not found again within this is gone. */
const LINK_LOST_MS = 30_000;

/** Where on the network the rules of a scope go. */
export class Places {
  constructor(
    private readonly boxes: Pick<Boxes, 'all'>,
    private readonly inventory: Pick<Inventory, 'devices' | 'ports' | 'ledLately'>,
  ) {}

  /** Devices of the configured boxes and of ONOS, each with its box. */
  devices(): { readonly device: string; readonly box: string | null }[] {
    const boxes = new Map<string, string | null>(this.boxes.all.flatMap((b) => b.devices.map((d) => [d, b.id] as const)));
    for (const { id, box } of this.inventory.devices.find()) if (!boxes.has(id)) boxes.set(id, box);
    return [...boxes].map(([device, box]) => ({ device, box }));
  }

  /** Whether a port is known to lead to another switch. */
  leadsOn(device: string, port: string | null): boolean {
    return this.inventory.ledLately(`${device}/${port ?? ''}`, 0);
  }

  /**
   * `edge`: both directions at every port that leads to no other switch; one that just lost its link is given time to find it again.
   * `all`: both at every device, whatever the port.
   */
  of(scope: 'edge' | 'all'): WantedPlacement[] {
    const at: { device: string; box: string | null; inPort: string | null }[] =
      scope === 'all'
        ? this.devices().map((d) => ({ ...d, inPort: null }))
        : this.inventory.ports
            .find({ filter: (p) => /^\d+$/.test(p.port) && !this.inventory.ledLately(p.id, LINK_LOST_MS) })
            .map(({ device, box, port }) => ({ device, box, inPort: port }));
    return at.flatMap((place) => (['from', 'to'] as const).map<WantedPlacement>((side) => ({ action: 'drop-flow', ...place, side })));
  }
}
