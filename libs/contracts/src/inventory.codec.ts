import * as t from 'io-ts';
import { annotate } from './schema/annotation.js';
import { Count } from './schema/primitives.js';

/** Every row says in which version of the inventory it last changed, and is found again by `id`. */
const row = { id: t.string, version: Count };
const text = t.union([t.string, t.null]);
const list = <C extends t.Mixed>(item: C, name: string) =>
  annotate(t.type({ version: Count, total: Count, items: t.array(item) }), { id: `${name}List` });

/** A port of a device, `DEVICE/PORT` as text. */
const point = t.string;

/** A switch as ONOS knows it, and the box that it belongs to. */
export const Device = annotate(
  t.type({
    ...row,
    available: t.boolean,
    role: t.string,
    type: t.string,
    hardware: text,
    software: text,
    driver: text,
    box: text,
    ports: Count,
  }),
  { id: 'Device' },
);
export type Device = t.TypeOf<typeof Device>;

/** A port. `name` is the interface's name on the box; `egress`: the ports that its links lead to. */
export const DevicePort = annotate(
  t.type({
    ...row,
    device: t.string,
    port: t.string,
    name: text,
    enabled: t.boolean,
    type: t.string,
    speedMbps: t.number,
    box: text,
    egress: t.array(point),
  }),
  { id: 'DevicePort' },
);
export type DevicePort = t.TypeOf<typeof DevicePort>;

export const NetworkLink = annotate(t.type({ ...row, from: point, to: point, type: t.string, state: text }), { id: 'NetworkLink' });
export type NetworkLink = t.TypeOf<typeof NetworkLink>;

export const NetworkHost = annotate(
  t.type({ ...row, mac: t.string, vlan: t.string, addresses: t.array(t.string), locations: t.array(point) }),
  { id: 'NetworkHost' },
);
export type NetworkHost = t.TypeOf<typeof NetworkHost>;

/** An intent. Of SDN-IP's route intents `selector` says nothing: what they match is in the rules, under `/intents/:app/:key`. */
export const NetworkIntent = annotate(
  t.type({
    ...row,
    intentId: t.string,
    appId: t.string,
    key: t.string,
    type: t.string,
    priority: t.union([Count, t.null]),
    state: text,
    resources: t.array(t.string),
    selector: t.array(t.string),
    treatment: t.array(t.string),
    constraints: t.array(t.string),
    ingress: t.array(point),
    egress: t.array(point),
  }),
  { id: 'NetworkIntent' },
);
export type NetworkIntent = t.TypeOf<typeof NetworkIntent>;

/** A rule of a device's table. `ours`: it is under Guardpost's application id. */
export const NetworkFlow = annotate(
  t.type({
    ...row,
    device: t.string,
    flowId: t.string,
    appId: t.string,
    ours: t.boolean,
    state: t.string,
    priority: Count,
    selector: t.array(t.string),
    treatment: t.array(t.string),
    packets: t.number,
    bytes: t.number,
    lifeSeconds: t.number,
  }),
  { id: 'NetworkFlow' },
);
export type NetworkFlow = t.TypeOf<typeof NetworkFlow>;

export const DeviceList = list(Device, 'Device');
export const DevicePortList = list(DevicePort, 'DevicePort');
export const NetworkLinkList = list(NetworkLink, 'NetworkLink');
export const NetworkHostList = list(NetworkHost, 'NetworkHost');
export const NetworkIntentList = list(NetworkIntent, 'NetworkIntent');
export const NetworkFlowList = list(NetworkFlow, 'NetworkFlow');

/** One intent with the rules that it stands on: what it really matches. */
export const NetworkIntentDetail = annotate(
  t.type({
    intent: NetworkIntent,
    rules: t.array(t.type({ device: t.string, flowId: t.string, priority: Count, selector: t.array(t.string) })),
  }),
  { id: 'NetworkIntentDetail' },
);

/** What changed after a version, by kind. `gone` is complete only back to version `goneSince`: before it, read the lists. */
export const InventoryChanges = annotate(
  t.type({
    version: Count,
    goneSince: Count,
    devices: t.array(Device),
    ports: t.array(DevicePort),
    links: t.array(NetworkLink),
    hosts: t.array(NetworkHost),
    intents: t.array(NetworkIntent),
    flows: t.array(NetworkFlow),
    gone: t.array(t.type({ kind: t.string, id: t.string, version: Count })),
  }),
  { id: 'InventoryChanges' },
);
export type InventoryChanges = t.TypeOf<typeof InventoryChanges>;
