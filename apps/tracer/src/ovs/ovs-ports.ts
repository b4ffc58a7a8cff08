import type { MetAt } from '@guardpost/detect';
import type { Sighting } from '@guardpost/contracts';
import type { BridgeConfig } from '../config/tracer-config.codec.js';
import { parseInterfaces, type OvsInterface } from './ovs-output.js';
import { PortTable } from './port-table.js';

const EVERY_MS = 10_000;
const AT_LEAST_MS = 500;

/** Keeps the port table up to date: every 10 s, and when a packet is met at an interface that is new. */
export class OvsPorts {
  /** Why the last reading failed, by bridge. */
  readonly problems = new Map<string, string>();
  private table = new PortTable([]);
  private readonly known = new Map<string, readonly OvsInterface[]>();
  private readonly asked = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> | undefined;
  private readAtMs = 0;

  constructor(
    private readonly bridges: readonly BridgeConfig[],
    private readonly listInterfaces: (bridge: BridgeConfig) => Promise<string>,
    private readonly nowMs: () => number,
  ) {}

  async start(): Promise<void> {
    this.timer = setInterval(() => void this.refresh(), EVERY_MS);
    await this.refresh();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.reading;
  }

  /** The answer is what is known now; a name that is not known yet starts a reading, for the next packet. */
  locate(at: MetAt): Sighting {
    const port = this.table.find(at);
    if (port === undefined && !this.asked.has(at.ifname) && this.nowMs() - this.readAtMs > AT_LEAST_MS) {
      this.asked.add(at.ifname);
      void this.refresh();
    }
    return {
      interface: at.ifname,
      direction: at.direction,
      device: port?.device ?? null,
      port: port?.port ?? null,
      vni: at.vni,
    };
  }

  private refresh(): Promise<void> {
    this.readAtMs = this.nowMs();
    return (this.reading ??= this.read().finally(() => (this.reading = undefined)));
  }

  private async read(): Promise<void> {
    await Promise.all(
      this.bridges.map(async (bridge) => {
        try {
          this.known.set(bridge.name, parseInterfaces(await this.listInterfaces(bridge)));
          this.problems.delete(bridge.name);
        } catch (error) {
          this.problems.set(bridge.name, error instanceof Error ? error.message : String(error)); // what was known stays
        }
      }),
    );
    this.table = new PortTable(this.bridges.map((b) => ({ device: b.device, interfaces: this.known.get(b.name) ?? [] })));
    if (this.asked.size > 1_000) this.asked.clear();
  }
}
