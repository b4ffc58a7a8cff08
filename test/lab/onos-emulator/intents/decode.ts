import type { ConnectPoint } from '../config.js';
import { decodeSelector } from '../flows/flow-rule.js';
import { decodeTreatment } from '../flows/treatment.js';
import { intOf, isObject, listOf, objectOf, textOf, type Json } from '../json.js';
import { illegal, notFound, required } from '../refusal.js';
import type { Intent } from './intent.js';

const DEFAULT_PRIORITY = 100;
const TYPES = ['PointToPointIntent', 'MultiPointToSinglePointIntent', 'SinglePointToMultiPointIntent', 'HostToHostIntent'] as const;
/** What DecodeConstraintCodecHelper reads. PartialFailureConstraint is none of them, and its complaint speaks of instructions. */
const CONSTRAINTS = new Set([
  'BandwidthConstraint',
  'LambdaConstraint',
  'LinkTypeConstraint',
  'AnnotationConstraint',
  'LatencyConstraint',
  'ObstacleConstraint',
  'WaypointConstraint',
  'AsymmetricPathConstraint',
  'DomainConstraint',
  'NonDisruptiveConstraint',
]);
/** HostToHostIntent's own. */
const NOT_OPTICAL = { inclusive: false, types: ['OPTICAL'], type: 'LinkTypeConstraint' };

function constraints(json: unknown): Json[] {
  return listOf(json).map((one) => {
    const node = objectOf(one);
    const type = textOf(node['type']);
    if (!CONSTRAINTS.has(type)) throw illegal(`Instruction type ${type} is not supported`);
    return node;
  });
}
function point(json: unknown, member: string): ConnectPoint {
  const node = objectOf(required(json, member, 'Intent'));
  return {
    device: textOf(required(node['device'], 'device', 'ConnectPoint')),
    port: textOf(required(node['port'], 'port', 'ConnectPoint')),
  };
}
function points(json: unknown, member: string): ConnectPoint[] {
  return listOf(required(json, member, 'Intent')).map((one) => point(one, member));
}
const same = (a: ConnectPoint, b: ConnectPoint): boolean => a.device === b.device && a.port === b.port;
const filtered = ({ device, port }: ConnectPoint): string =>
  `FilteredConnectPoint{connectPoint=${device}/${port}, trafficSelector=DefaultTrafficSelector{criteria=[]}}`;
function apart(ingress: ConnectPoint, egress: ConnectPoint): void {
  if (same(ingress, egress))
    throw illegal(`ingress and egress should be different (ingress: ${filtered(ingress)}, egress: ${filtered(egress)})`);
}

/** IntentCodec and those of the four types. @throws Refusal */
export function decodeIntent(json: unknown, nextId: () => number, isApplication: (name: string) => boolean): Intent {
  const node = isObject(json) ? json : {};
  const type = TYPES.find((one) => one === required(node['type'], 'type', 'Intent'));
  if (type === undefined) throw illegal(`Intent type ${textOf(node['type'])} is not supported`);
  const appId = textOf(required(node['appId'], 'appId', 'Intent'));
  if (!isApplication(appId)) throw notFound('Application ID is not found');
  const common = {
    appId,
    priority: node['priority'] === undefined ? DEFAULT_PRIORITY : intOf(node['priority']),
    selector: decodeSelector(node['selector']),
    treatment: decodeTreatment(node['treatment']),
    constraints: constraints(node['constraints']),
  };
  const ends = decodeEnds(type, node);
  const id = nextId();
  const identity = { id, key: node['key'] === undefined ? `0x${id.toString(16)}` : textOf(node['key']) };
  if (ends.type === 'HostToHostIntent') {
    const own = common.constraints.some(({ type: one }) => one === 'LinkTypeConstraint')
      ? common.constraints
      : [...common.constraints, NOT_OPTICAL];
    return { ...identity, ...common, ...ends, constraints: own };
  }
  if (ends.type === 'PointToPointIntent') apart(ends.ingress, ends.egress);
  return { ...identity, ...common, ...ends };
}

type Ends = Intent extends infer I
  ? I extends Intent
    ? Omit<I, 'id' | 'key' | 'appId' | 'priority' | 'selector' | 'treatment' | 'constraints'>
    : never
  : never;
function decodeEnds(type: (typeof TYPES)[number], node: Json): Ends {
  switch (type) {
    case 'PointToPointIntent':
      return { type, ingress: point(node['ingressPoint'], 'ingressPoint'), egress: point(node['egressPoint'], 'egressPoint') };
    case 'MultiPointToSinglePointIntent':
      return { type, ingress: points(node['ingressPoint'], 'ingressPoint'), egress: point(node['egressPoint'], 'egressPoint') };
    case 'SinglePointToMultiPointIntent':
      return { type, ingress: point(node['ingressPoint'], 'ingressPoint'), egress: points(node['egressPoint'], 'egressPoint') };
    case 'HostToHostIntent':
      return { type, one: textOf(required(node['one'], 'one', 'Intent')), two: textOf(required(node['two'], 'two', 'Intent')) };
  }
}
