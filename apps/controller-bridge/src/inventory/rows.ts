import type { Device, DevicePort, NetworkFlow, NetworkHost, NetworkIntent, NetworkLink } from '@guardpost/contracts';
import {
  isKnownIntent,
  type ConnectPoint,
  type Criterion,
  type FlowEntry,
  type Intent,
  type Device as OnosDevice,
  type Host as OnosHost,
  type Link as OnosLink,
  type Port as OnosPort,
  type Treatment,
} from '@guardpost/intents';
import { APP_ID } from '../mitigations/flow-rule.js';

type Fresh<T> = Omit<T, 'version'>;
export type BoxOf = (device: string) => string | null;

const at = ({ device, port }: ConnectPoint): string => `${device}/${port}`;

const valueText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const typedText = ({ type, ...values }: { readonly type: string }): string => [type, ...Object.values(values).map(valueText)].join(' ');

/** `IPV4_DST 198.51.100.7/32`: the type, then its values. */
export const criterionText = (criterion: Criterion): string => typedText(criterion);
const treatmentText = (treatment: Treatment | undefined): string[] => (treatment?.instructions ?? []).map(typedText);

export const deviceRow = (d: OnosDevice, ports: number, boxOf: BoxOf): Fresh<Device> => ({
  id: d.id,
  available: d.available,
  role: d.role,
  type: d.type,
  hardware: d.hw ?? null,
  software: d.sw ?? null,
  driver: d.driver ?? null,
  box: boxOf(d.id),
  ports,
});

export const portRow = (p: OnosPort, links: readonly OnosLink[], boxOf: BoxOf): Fresh<DevicePort> => ({
  id: `${p.element}/${p.port}`,
  device: p.element,
  port: p.port,
  name: p.annotations?.['portName'] ?? null,
  enabled: p.isEnabled,
  type: p.type,
  speedMbps: p.portSpeed,
  box: boxOf(p.element),
  egress: links.filter((l) => l.src.device === p.element && l.src.port === p.port).map((l) => at(l.dst)),
});

export const linkRow = (l: OnosLink): Fresh<NetworkLink> => ({
  id: `${at(l.src)}>${at(l.dst)}`,
  from: at(l.src),
  to: at(l.dst),
  type: l.type,
  state: l.state ?? null,
});

export const hostRow = (h: OnosHost): Fresh<NetworkHost> => ({
  id: h.id,
  mac: h.mac,
  vlan: h.vlan,
  addresses: h.ipAddresses,
  locations: h.locations.map((l) => `${l.elementId}/${l.port}`),
});

export function intentRow(i: Intent): Fresh<NetworkIntent> {
  const known = isKnownIntent(i) ? i : undefined;
  const points = (value: ConnectPoint | ConnectPoint[] | undefined): string[] => (value === undefined ? [] : [value].flat().map(at));
  return {
    id: `${i.appId}/${i.key}`,
    intentId: i.id,
    appId: i.appId,
    key: i.key,
    type: i.type,
    priority: known?.priority ?? null,
    state: i.state ?? null,
    resources: i.resources.map((r) => (typeof r === 'string' ? r : JSON.stringify(r))),
    selector: known?.selector.criteria.map(criterionText) ?? [],
    treatment: treatmentText(known?.treatment),
    constraints: known?.constraints?.map((c) => c.type) ?? [],
    ...(known !== undefined && 'ingressPoint' in known
      ? { ingress: points(known.ingressPoint), egress: points(known.egressPoint) }
      : { ingress: known === undefined ? [] : [known.one], egress: known === undefined ? [] : [known.two] }),
  };
}

export const flowRow = (f: FlowEntry): Fresh<NetworkFlow> => ({
  id: `${f.deviceId}/${f.id}`,
  device: f.deviceId,
  flowId: f.id,
  appId: f.appId,
  ours: f.appId === APP_ID,
  state: f.state,
  priority: f.priority,
  selector: f.selector.criteria.map(criterionText),
  treatment: treatmentText(f.treatment),
  packets: f.packets,
  bytes: f.bytes,
  lifeSeconds: f.life,
});
