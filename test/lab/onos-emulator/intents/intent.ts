import type { ConnectPoint } from '../config.js';
import type { Selector } from '../flows/flow-rule.js';
import type { Treatment } from '../flows/treatment.js';
import type { Criterion } from '../flows/criterion.js';
import type { Json } from '../json.js';

export type IntentState = 'INSTALL_REQ' | 'INSTALLING' | 'INSTALLED' | 'FAILED' | 'WITHDRAW_REQ' | 'WITHDRAWING' | 'WITHDRAWN';

interface Common {
  readonly id: number;
  readonly key: string;
  readonly appId: string;
  readonly priority: number;
  readonly selector: Selector;
  readonly treatment: Treatment;
  readonly constraints: readonly Json[];
}
export type Intent = Common &
  (
    | { readonly type: 'PointToPointIntent'; readonly ingress: ConnectPoint; readonly egress: ConnectPoint }
    | {
        readonly type: 'MultiPointToSinglePointIntent';
        readonly ingress: readonly ConnectPoint[];
        readonly egress: ConnectPoint;
        /** Of the filtered connect points: matched where packets enter. Set by SDN-IP; REST neither reads nor writes it. */
        readonly filter?: readonly Criterion[];
      }
    | { readonly type: 'SinglePointToMultiPointIntent'; readonly ingress: ConnectPoint; readonly egress: readonly ConnectPoint[] }
    | { readonly type: 'HostToHostIntent'; readonly one: string; readonly two: string }
  );

const pointJson = ({ port, device }: ConnectPoint): unknown => ({ port, device });

function ends(intent: Intent): Json {
  switch (intent.type) {
    case 'PointToPointIntent':
      return { ingressPoint: pointJson(intent.ingress), egressPoint: pointJson(intent.egress) };
    case 'MultiPointToSinglePointIntent':
      return { ingressPoint: intent.ingress.map(pointJson), egressPoint: pointJson(intent.egress) };
    case 'SinglePointToMultiPointIntent':
      return { egressPoint: intent.egress.map(pointJson), ingressPoint: pointJson(intent.ingress) };
    case 'HostToHostIntent':
      return { one: intent.one, two: intent.two };
  }
}

/** IntentCodec; `detail` adds what ConnectivityIntentCodec and its like write. */
export function intentJson(intent: Intent, state: IntentState, detail: boolean): Json {
  const { type, id, key, appId } = intent;
  const resources = type === 'HostToHostIntent' ? [intent.one, intent.two] : [];
  const short = { type, id: `0x${id.toString(16)}`, key, appId, resources, state };
  if (!detail) return short;
  const { selector, treatment, priority, constraints } = intent;
  return { ...short, selector, treatment, priority, constraints, ...ends(intent) };
}
