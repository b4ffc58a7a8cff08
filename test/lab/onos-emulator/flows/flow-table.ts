import type { Device } from '../switch/device.js';
import type { SeenRule } from '../switch/read.js';
import { addLine, deleteLine, type FlowRule } from './flow-rule.js';

export type FlowState = 'PENDING_ADD' | 'ADDED' | 'PENDING_REMOVE';
export interface FlowEntry {
  readonly rule: FlowRule;
  state: FlowState;
  life: number;
  lastSeen: number;
  packets: number;
  bytes: number;
  /** When it was last sent to the switch. */
  sentAt: number;
}
const cookieOf = (rule: FlowRule): string => `0x${BigInt(rule.id).toString(16)}`;

/**
 * What ONOS wants in the switches (FlowRuleManager with its store). One rule of an id, whoever asked for it and how often: nobody counts.
 * What the poll or an event finds missing is sent again, what nobody wanted is removed (allowExtraneousRules = false).
 */
export class FlowTable {
  private readonly byDevice = new Map<string, Map<string, FlowEntry>>();

  constructor(private readonly devices: ReadonlyMap<string, Device>) {
    for (const device of devices.values()) {
      device.on('rules', (rules, since) => this.reconcile(device, rules, since));
      device.on('deleted', (cookie) => this.putBack(device, cookie));
    }
  }

  /** Of a device that ONOS never met: taken, and never seen again. */
  add(rules: readonly FlowRule[]): Promise<void> {
    const now = Date.now();
    for (const rule of rules) {
      if (!this.devices.has(rule.deviceId)) continue;
      this.of(rule.deviceId).set(rule.id, { rule, state: 'PENDING_ADD', life: 0, lastSeen: now, packets: 0, bytes: 0, sentAt: now });
    }
    return this.send(rules, addLine);
  }

  /** Resolves when the switches have confirmed. */
  async remove(rules: readonly FlowRule[]): Promise<void> {
    const going = rules.flatMap((rule) => this.get(rule.deviceId, rule.id) ?? []);
    for (const entry of going) entry.state = 'PENDING_REMOVE';
    await this.send(
      going.map(({ rule }) => rule),
      deleteLine,
    );
    for (const entry of going) {
      const { deviceId, id } = entry.rule;
      if (this.get(deviceId, id) === entry) this.of(deviceId).delete(id); // unless it was added anew meanwhile
    }
  }

  get(deviceId: string, id: string): FlowEntry | undefined {
    return this.byDevice.get(deviceId)?.get(id);
  }
  /** Empty for devices that ONOS has not met. */
  ofDevice(deviceId: string): FlowEntry[] {
    return this.devices.get(deviceId)?.known ? [...(this.byDevice.get(deviceId)?.values() ?? [])] : [];
  }
  all(): FlowEntry[] {
    return [...this.byDevice.keys()].flatMap((deviceId) => this.ofDevice(deviceId));
  }
  ofApp(appId: string): FlowEntry[] {
    return this.all().filter(({ rule }) => rule.appId === appId);
  }

  private of(deviceId: string): Map<string, FlowEntry> {
    const there = this.byDevice.get(deviceId) ?? new Map<string, FlowEntry>();
    this.byDevice.set(deviceId, there);
    return there;
  }

  private async send(rules: readonly FlowRule[], line: (rule: FlowRule) => string | undefined): Promise<void> {
    const lines = new Map<Device, string[]>();
    for (const rule of rules) {
      const device = this.devices.get(rule.deviceId);
      const text = line(rule);
      if (device?.available && text !== undefined) lines.set(device, [...(lines.get(device) ?? []), text]);
    }
    await Promise.all([...lines].map(([device, all]) => device.send(all)));
  }

  private reconcile(device: Device, seen: readonly SeenRule[], since: number): void {
    const wanted = this.of(device.id);
    const there = new Map(seen.map((rule) => [BigInt(rule.cookie).toString(), rule]));
    const missing: FlowRule[] = [];
    const idle: FlowRule[] = [];
    for (const [id, entry] of wanted) {
      const rule = there.get(id);
      if (entry.state === 'PENDING_REMOVE') continue;
      if (rule !== undefined) {
        if (this.isIdle(entry, rule)) idle.push(entry.rule);
      } else if (entry.sentAt < since) missing.push(entry.rule);
    }
    const foreign = [...there].filter(([id]) => !wanted.has(id)).map(([, rule]) => `delete cookie=${rule.cookie}/-1`);
    if (foreign.length > 0) void device.send(foreign);
    if (missing.length > 0) void this.add(missing);
    if (idle.length > 0) void this.remove(idle);
  }

  /** Takes over what the switch says of the rule; whether it has seen no packet for too long. */
  private isIdle(entry: FlowEntry, { packets, bytes, durationSec }: SeenRule): boolean {
    const now = Date.now();
    const idle =
      entry.rule.timeout > 0 && entry.state === 'ADDED' && entry.packets === packets && now - entry.lastSeen > entry.rule.timeout * 1_000;
    const lastSeen = entry.rule.timeout === 0 || entry.packets !== packets || entry.state !== 'ADDED' ? now : entry.lastSeen;
    Object.assign(entry, { state: 'ADDED', life: durationSec, lastSeen, packets, bytes });
    return idle;
  }

  private putBack(device: Device, cookie: string): void {
    const entry = this.get(device.id, BigInt(cookie).toString());
    if (entry === undefined || entry.state === 'PENDING_REMOVE') return;
    if (cookieOf(entry.rule) === cookie) void this.add([entry.rule]);
  }
}
