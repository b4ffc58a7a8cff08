import { EventEmitter } from 'node:events';
import { FlowMods } from './flow-mods.js';
import { Monitor } from './monitor.js';
import { ofctl, type Bridge } from './ofctl.js';
import { readCounters, readPorts, readRules, type PortCounters, type SeenRule, type SwitchPort } from './read.js';

/** flowPollFrequency of OpenFlowRuleProvider. */
export const POLL_MS = 5_000;

interface DeviceEvents {
  availability: [];
  ports: [];
  deleted: [cookie: string];
  /** All rules of the switch, and when the reading began. */
  rules: [rules: readonly SeenRule[], since: number];
}

/** One bridge as a device of ONOS: ports, counters, rules as the switch reports them. */
export class Device extends EventEmitter<DeviceEvents> {
  available = false;
  known = false;
  ports: readonly SwitchPort[] = [];
  counters: readonly PortCounters[] = [];
  /** Those of the poll before. */
  earlierCounters: readonly PortCounters[] = [];
  changedAt = Date.now();
  /** The source port of the OpenFlow channel, which stands in `channelId`. */
  channel = 0;
  private readonly mods: FlowMods;
  private readonly monitor: Monitor;
  private timer: NodeJS.Timeout | undefined;
  private reading = Promise.resolve();

  constructor(
    readonly id: string,
    readonly address: string,
    private readonly bridge: Bridge,
    log: (message: string) => void,
  ) {
    super();
    this.mods = new FlowMods(bridge, log);
    this.monitor = new Monitor(bridge, {
      up: () => void this.comeUp(),
      down: () => this.goDown(),
      ports: () => this.readPorts(),
      deleted: (cookie) => this.emit('deleted', cookie),
    });
  }

  start(): void {
    this.monitor.start();
  }
  close(): void {
    clearTimeout(this.timer);
    this.monitor.close();
    this.mods.close();
  }
  /** Lines for `ovs-ofctl add-flows`. */
  send(lines: readonly string[]): Promise<void> {
    return this.mods.send(lines);
  }
  isUp(port: string): boolean {
    return this.available && (this.ports.find((one) => one.port === port)?.up ?? false);
  }

  /** By OpenFlow's port modification, which Open vSwitch does nothing about where the port is a tunnel or a patch. */
  async setPort(port: string, up: boolean): Promise<void> {
    await ofctl(this.bridge, 'mod-port', [port, up ? 'up' : 'down']);
  }

  private async comeUp(): Promise<void> {
    const ports = await readPorts(this.bridge);
    if (ports === undefined) return; // gone again: the monitor will say so
    this.ports = ports;
    this.available = this.known = true;
    this.changedAt = Date.now();
    this.channel = 32_768 + Math.floor(Math.random() * 28_000);
    this.emit('availability');
    this.emit('ports');
    await this.poll();
  }
  private goDown(): void {
    clearTimeout(this.timer);
    if (!this.available) return;
    this.available = false;
    this.changedAt = Date.now();
    this.emit('availability');
  }
  /** One reading at a time: the last one counts. */
  private readPorts(): void {
    this.reading = this.reading.then(async () => {
      const ports = await readPorts(this.bridge);
      if (ports === undefined) return;
      this.ports = ports;
      this.emit('ports');
    });
  }
  private async poll(): Promise<void> {
    clearTimeout(this.timer);
    const since = Date.now();
    const rules = await readRules(this.bridge);
    if (rules !== undefined && this.available) this.emit('rules', rules, since);
    const counters = await readCounters(this.bridge);
    if (counters !== undefined) [this.earlierCounters, this.counters] = [this.counters, counters];
    clearTimeout(this.timer);
    if (this.available) this.timer = setTimeout(() => void this.poll(), POLL_MS);
  }
}
