import { EventEmitter } from 'node:events';
import { isObject, objectOf, type Json } from './json.js';

const CLASSES = ['apps', 'devices', 'hosts', 'ports', 'links', 'regions', 'layouts'] as const;
const LLDP_SUPPRESSION = {
  suppression: {
    deviceTypes: ['ROADM', 'OTN', 'FIBER_SWITCH', 'OPTICAL_AMPLIFIER', 'OLS', 'TERMINAL_DEVICE'],
    annotation: '{"no-lldp":null}',
  },
};
const CLASSIFIERS = {
  classifiers: [
    { 'ethernet-type': 'LLDP', 'target-queue': 0 },
    { 'ethernet-type': 'BDDP', 'target-queue': 0 },
  ],
};

interface NetcfgEvents {
  changed: [];
}

/** Network configuration: class / subject / key. What is set replaces the key's value; ONOS' own entries are there from the start. */
export class NetworkConfiguration extends EventEmitter<NetcfgEvents> {
  private readonly tree = new Map<string, Map<string, Json>>(CLASSES.map((name) => [name, new Map()]));

  readonly classes: readonly string[] = CLASSES;

  constructor(devices: Iterable<string>) {
    super();
    this.of('apps').set('org.onosproject.provider.lldp', LLDP_SUPPRESSION);
    for (const device of devices) this.of('devices').set(device, CLASSIFIERS);
  }

  json(): Json {
    return Object.fromEntries([...this.tree].map(([name, subjects]) => [name, Object.fromEntries(subjects)]));
  }
  of(subjectClass: string): Map<string, Json> {
    const there = this.tree.get(subjectClass) ?? new Map<string, Json>();
    this.tree.set(subjectClass, there);
    return there;
  }

  /** All classes at once, or what lies under one class. */
  apply(json: Json): void {
    for (const [subjectClass, subjects] of Object.entries(json)) {
      for (const [subject, configs] of Object.entries(objectOf(subjects))) this.merge(subjectClass, subject, configs);
    }
    this.emit('changed');
  }
  set(subjectClass: string, subject: string, configs: unknown): void {
    this.merge(subjectClass, subject, configs);
    this.emit('changed');
  }
  /** Nothing there is nothing to remove. */
  remove(subjectClass: string, subject: string, key?: string): void {
    const subjects = this.of(subjectClass);
    const name = nameOf(subjectClass, subject);
    const configs = subjects.get(name);
    if (configs === undefined) return;
    const left = key === undefined ? [] : Object.entries(configs).filter(([one]) => one !== key);
    if (left.length === 0) subjects.delete(name);
    else subjects.set(name, Object.fromEntries(left));
    this.emit('changed');
  }

  private merge(subjectClass: string, subject: string, configs: unknown): void {
    if (!isObject(configs)) return;
    const subjects = this.of(subjectClass);
    const name = nameOf(subjectClass, subject);
    subjects.set(name, { ...subjects.get(name), ...configs });
  }
}

/** Hosts are named by their address in capitals. */
const nameOf = (subjectClass: string, subject: string): string => {
  const [mac = '', vlan] = subject.split('/');
  return subjectClass === 'hosts' && vlan !== undefined ? `${mac.toUpperCase()}/${vlan}` : subject;
};
