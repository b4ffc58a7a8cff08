import { unwrap, type OnosClient } from '@guardpost/intents';
import { Injectable } from '@nestjs/common';

export interface KnownDevice {
  readonly id: string;
  readonly available: boolean;
}

/** The devices of ONOS as last read. Read again by the reconciler; nothing here waits for ONOS. */
@Injectable()
export class Inventory {
  private devices: ReadonlyMap<string, KnownDevice> | undefined;

  constructor(private readonly onos: OnosClient) {}

  async refresh(): Promise<void> {
    const devices = await unwrap(this.onos.devices.list());
    this.devices = new Map(devices.map((d) => [d.id, { id: d.id, available: d.available }]));
  }

  /** undefined while ONOS was never read. */
  knows(device: string): boolean | undefined {
    return this.devices?.has(device);
  }

  list(): KnownDevice[] {
    return [...(this.devices?.values() ?? [])];
  }
}
