import type { Boxes } from '../boxes/boxes.service.js';
import type { Inventory } from '../inventory/inventory.service.js';
import type { WantedPlacement } from './placement-plan.js';

/** Where on the network the rules of a scope go. */
export class Places {
  constructor(
    private readonly boxes: Pick<Boxes, 'all'>,
    private readonly inventory: Pick<Inventory, 'devices' | 'ports'>,
  ) {}

  /** Devices of the configured boxes and of ONOS, each with its box. */
  devices(): { readonly device: string; readonly box: string | null }[] {
    const boxes = new Map<string, string | null>(this.boxes.all.flatMap((b) => b.devices.map((d) => [d, b.id] as const)));
    for (const { id, box } of this.inventory.devices.find()) if (!boxes.has(id)) boxes.set(id, box);
    return [...boxes].map(([device, box]) => ({ device, box }));
  }

  /** Whether a port is known to lead to another switch. */
  leadsOn(device: string, port: string | null): boolean {
    return (this.inventory.ports.get(`${device}/${port ?? ''}`)?.egress.length ?? 0) > 0;
  }

  /** `edge`: both directions at every port that leads to no other switch. `all`: both at every device, whatever the port. */
  of(scope: 'edge' | 'all'): WantedPlacement[] {
    const at: { device: string; box: string | null; inPort: string | null }[] =
      scope === 'all'
        ? this.devices().map((d) => ({ ...d, inPort: null }))
        : this.inventory.ports
            .find({ filter: (p) => p.egress.length === 0 && /^\d+$/.test(p.port) })
            .map(({ device, box, port }) => ({ device, box, inPort: port }));
    return at.flatMap((place) => (['from', 'to'] as const).map<WantedPlacement>((side) => ({ action: 'drop-flow', ...place, side })));
  }
}
