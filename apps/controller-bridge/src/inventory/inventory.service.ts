import type { Device, DevicePort, InventoryChanges, NetworkFlow, NetworkHost, NetworkIntent, NetworkLink } from '@guardpost/contracts';
import { unwrap, type OnosClient, type RelatedFlows } from '@guardpost/intents';
import { Injectable, Logger } from '@nestjs/common';
import { Collection, InventoryVersions } from './collection.js';
import { deviceRow, flowRow, hostRow, intentRow, linkRow, portRow, type BoxOf } from './rows.js';

/** Slower than the reconciler, which reads only what is ours. */
const EVERY_MS = 10_000;

/** What ONOS knows of the network, as last read. Nothing here waits for ONOS but `refresh` and `rulesOf`. */
@Injectable()
export class Inventory {
  private readonly logger = new Logger(Inventory.name);
  private readonly versions = new InventoryVersions();
  readonly devices = new Collection<Device>('device', this.versions);
  readonly ports = new Collection<DevicePort>('port', this.versions);
  readonly links = new Collection<NetworkLink>('link', this.versions);
  readonly hosts = new Collection<NetworkHost>('host', this.versions);
  readonly intents = new Collection<NetworkIntent>('intent', this.versions);
  readonly flows = new Collection<NetworkFlow>('flow', this.versions, ['packets', 'bytes', 'lifeSeconds']);
  private known: ReadonlySet<string> | undefined;
  private readonly unlinkedAt = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private told = '';

  constructor(
    private readonly onos: OnosClient,
    private readonly boxOf: BoxOf,
  ) {}

  get version(): number {
    return this.versions.current;
  }

  /** Whether ONOS has the device; undefined while ONOS was never read. */
  knows(device: string): boolean | undefined {
    return this.known?.has(device);
  }

  /** Whether a port leads to another switch, or did lately: ONOS finds links some seconds after their switches. */
  ledLately(port: string, withinMs: number): boolean {
    if ((this.ports.get(port)?.egress.length ?? 0) > 0) return true;
    const at = this.unlinkedAt.get(port);
    return at !== undefined && Date.now() - at < withinMs;
  }

  start(): void {
    this.timer = setInterval(() => void this.readAll(), EVERY_MS);
    void this.readAll();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  /** The devices alone: what placing a rule needs to know. Resolves with those that ONOS reaches. */
  async refresh(): Promise<ReadonlySet<string>> {
    const devices = await unwrap(this.onos.devices.list());
    this.known = new Set(devices.map((d) => d.id));
    return new Set(devices.filter((d) => d.available).map((d) => d.id));
  }

  /** Everything, one reading at a time. Rejects never: what could not be read stays as it was. */
  readAll(): Promise<void> {
    this.reading ??= this.read()
      .then(() => void (this.told = ''))
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        if (message !== this.told) this.logger.warn((this.told = message));
      })
      .finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async read(): Promise<void> {
    const { onos, boxOf } = this;
    const devices = await unwrap(onos.devices.list());
    this.known = new Set(devices.map((d) => d.id));
    const links = await unwrap(onos.links.list());
    const ports = await Promise.all(devices.map((d) => unwrap(onos.devices.ports(d.id))));
    const rows = ports.flat().map((p) => portRow(p, links, boxOf));
    this.noteLinks(rows);
    this.devices.replace(devices.map((d, i) => deviceRow(d, ports[i]?.length ?? 0, boxOf)));
    this.ports.replace(rows);
    this.links.replace(links.map(linkRow));
    this.hosts.replace((await unwrap(onos.hosts.list())).map(hostRow));
    this.intents.replace((await unwrap(onos.intents.list())).map(intentRow));
    this.flows.replace((await unwrap(onos.flows.list())).map(flowRow));
  }

  /** When a port was first seen without the link that it had: a switch that was away comes back without. */
  private noteLinks(now: readonly Omit<DevicePort, 'version'>[]): void {
    const led = new Set(now.filter((p) => p.egress.length > 0).map((p) => p.id));
    for (const { id } of this.ports.find({ filter: (p) => p.egress.length > 0 && !led.has(p.id) })) this.unlinkedAt.set(id, Date.now());
    for (const id of led) this.unlinkedAt.delete(id);
  }

  /** The rules that an intent stands on, asked of ONOS now. */
  rulesOf(appId: string, key: string): Promise<RelatedFlows> {
    return unwrap(this.onos.intents.relatedFlows(appId, key));
  }

  changesAfter(version: number): InventoryChanges {
    const { devices, ports, links, hosts, intents, flows } = this;
    return {
      version: this.version,
      goneSince: this.versions.goneSince,
      devices: devices.changedAfter(version),
      ports: ports.changedAfter(version),
      links: links.changedAfter(version),
      hosts: hosts.changedAfter(version),
      intents: intents.changedAfter(version),
      flows: flows.changedAfter(version),
      gone: this.versions.goneAfter(version),
    };
  }
}
