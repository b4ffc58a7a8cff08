import type { ConnectPoint } from '../config.js';
import { flowRule, type FlowRule, type Register } from '../flows/flow-rule.js';
import { output, type Instruction, type Treatment } from '../flows/treatment.js';
import type { Criterion } from '../flows/criterion.js';
import { textOf } from '../json.js';
import type { Link, Topology } from '../topology.js';
import type { Intent } from './intent.js';

export const INTENT_APP = 'org.onosproject.net.intent';

/** What an intent becomes: a FlowRuleIntent, with the links it takes and its rules. */
export interface Installable {
  readonly id: number;
  readonly links: readonly Link[];
  readonly rules: readonly FlowRule[];
}
export interface CompileContext {
  readonly topology: Topology;
  readonly register: Register;
  readonly nextId: () => number;
  /** Where a host (`02:00:00:00:00:03/None`) is. */
  readonly locate: (host: string) => { readonly mac: string; readonly at: ConnectPoint } | undefined;
}

/** LinkCollectionIntent */
interface Collection {
  readonly priority: number;
  readonly criteria: readonly Criterion[];
  readonly filter: readonly Criterion[];
  readonly treatment: Treatment;
  readonly treatAtEgress: boolean;
  readonly ingress: readonly ConnectPoint[];
  readonly egress: readonly ConnectPoint[];
  readonly links: readonly Link[];
}

/** undefined: there is no way (IntentException). */
export function compile(intent: Intent, context: CompileContext): readonly Installable[] | undefined {
  const collections = collect(intent, context);
  if (collections === undefined) return undefined;
  for (const _ of collections) context.nextId(); // the LinkCollectionIntents have ids too
  return collections.map((one) => ({ id: context.nextId(), links: one.links, rules: rulesOf(one, context.register) }));
}

function collect(intent: Intent, { topology, locate }: CompileContext): readonly Collection[] | undefined {
  const { priority, treatment } = intent;
  const common = { priority, criteria: intent.selector.criteria, filter: [], treatment, treatAtEgress: true };
  switch (intent.type) {
    case 'PointToPointIntent': {
      const links = topology.path(intent.ingress.device, intent.egress.device);
      return links && [{ ...common, ingress: [intent.ingress], egress: [intent.egress], links }];
    }
    case 'SinglePointToMultiPointIntent': {
      const links = union(intent.egress.map(({ device }) => topology.path(intent.ingress.device, device)));
      return links.complete ? [{ ...common, ingress: [intent.ingress], egress: intent.egress, links: links.all }] : undefined;
    }
    case 'MultiPointToSinglePointIntent': {
      const { egress, ingress, filter = [] } = intent;
      const links = union(ingress.map(({ device }) => topology.path(device, egress.device)));
      const partial = intent.constraints.some(({ type }) => type === 'PartialFailureConstraint');
      if (links.found === 0 || (!links.complete && !partial)) return undefined;
      return [{ ...common, treatAtEgress: false, filter, ingress, egress: [egress], links: links.all }];
    }
    case 'HostToHostIntent': {
      const [one, two] = [locate(intent.one), locate(intent.two)];
      if (one === undefined || two === undefined) return undefined;
      const ways = [
        [one, two],
        [two, one],
      ] as const;
      const both = ways.flatMap(([from, to]) => {
        const links = topology.path(from.at.device, to.at.device);
        const criteria = [...common.criteria, { type: 'ETH_DST', mac: to.mac }, { type: 'ETH_SRC', mac: from.mac }];
        return links === undefined ? [] : [{ ...common, criteria, ingress: [from.at], egress: [to.at], links }];
      });
      return both.length === 2 ? both : undefined;
    }
  }
}

function union(paths: readonly (readonly Link[] | undefined)[]): { all: Link[]; found: number; complete: boolean } {
  const found = paths.filter((path) => path !== undefined);
  return { all: [...new Set(found.flat())], found: found.length, complete: found.length === paths.length };
}

/** LinkCollectionCompiler: one rule for each port by which packets come to a device, with all ports by which they leave it. */
function rulesOf(one: Collection, register: Register): FlowRule[] {
  const leaving = [...one.links.map(({ src }) => src), ...one.egress];
  const outs = (device: string): ConnectPoint[] => leaving.filter((point) => point.device === device);
  const rule = (at: ConnectPoint, criteria: readonly Criterion[], instructions: readonly Instruction[]): FlowRule =>
    flowRule(
      {
        appId: INTENT_APP,
        deviceId: at.device,
        priority: one.priority,
        timeout: 0,
        tableId: 0,
        selector: { criteria: [{ type: 'IN_PORT', port: Number(at.port) }, ...criteria] },
        treatment: { instructions, deferred: [] },
      },
      register,
    );
  const changes = one.treatment.instructions.filter(({ type }) => type !== 'NOACTION');
  const atEgress = (point: ConnectPoint): boolean => one.treatAtEgress && one.egress.includes(point);

  const entering = one.ingress
    .filter((point) => outs(point.device).length > 0)
    .map((point) => {
      const forward = outs(point.device).flatMap((out) => [...(atEgress(out) ? changes : []), output(out.port)]);
      return rule(point, [...one.criteria, ...one.filter], one.treatAtEgress ? forward : [...changes, ...forward]);
    });
  // Behind the ingress packets look as the treatment has made them.
  const later = one.treatAtEgress ? one.criteria : [...one.criteria, ...changes.flatMap(changed)];
  const passing = one.links.map(({ dst }) =>
    rule(
      dst,
      later,
      outs(dst.device).flatMap((out) => [...(atEgress(out) ? changes : []), output(out.port)]),
    ),
  );
  return [...new Map([...entering, ...passing].map((each) => [`${each.deviceId}/${each.id}`, each])).values()];
}

/** The criterion that a packet meets once this was done to it. */
function changed(instruction: Instruction): Criterion[] {
  switch (`${instruction.type}/${textOf(instruction['subtype'])}`) {
    case 'L2MODIFICATION/ETH_DST':
      return [{ type: 'ETH_DST', mac: instruction['mac'] }];
    case 'L2MODIFICATION/ETH_SRC':
      return [{ type: 'ETH_SRC', mac: instruction['mac'] }];
    case 'L2MODIFICATION/VLAN_ID':
      return [{ type: 'VLAN_VID', vlanId: instruction['vlanId'] }];
    default:
      return [];
  }
}
