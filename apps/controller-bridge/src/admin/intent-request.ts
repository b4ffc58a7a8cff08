import type { IntentInput } from '@guardpost/contracts';
import { IntentRequest, type ConnectPoint } from '@guardpost/intents';
import { isRight } from 'fp-ts/lib/Either.js';
import { formatValidationErrors } from './validation-text.js';

/** ONOS knows this application from its start; it refuses intents of one that it does not know. */
export const DEFAULT_APP = 'org.onosproject.cli';

/** What is wrong with an input, or the request that ONOS takes. Pure. */
export function intentRequest(input: IntentInput): { readonly wrong: string } | { readonly request: IntentRequest } {
  const narrow = input.criteria.filter((c) => c['type'] !== 'IN_PORT');
  if (input.type !== 'HostToHostIntent' && narrow.length === 0)
    return { wrong: 'criteria: at least one besides IN_PORT, or the intent would take all traffic of its ingresses' };
  const points = pointsOf(input);
  if ('wrong' in points) return points;
  const decoded = IntentRequest.decode({
    type: input.type,
    appId: input.appId ?? DEFAULT_APP,
    key: input.key,
    priority: input.priority ?? 100,
    selector: { criteria: input.criteria },
    treatment: { instructions: input.instructions ?? [] },
    ...points.fields,
  });
  return isRight(decoded) ? { request: decoded.right } : { wrong: formatValidationErrors(decoded.left) };
}

/** `DEVICE/PORT` of every port that an input names. */
export const namedPoints = ({ ingress = [], egress = [] }: IntentInput): string[] => [...ingress, ...egress];

function pointsOf({ type, ingress = [], egress = [], hosts = [] }: IntentInput): { readonly wrong: string } | { readonly fields: object } {
  const [into, out] = [ingress.map(connectPoint), egress.map(connectPoint)];
  if (into.includes(undefined) || out.includes(undefined))
    return { wrong: 'ingress, egress: a port is DEVICE/PORT, of:0000000000000001/11' };
  const wants = (what: boolean, text: string): { wrong: string } | undefined => (what ? undefined : { wrong: `${type} takes ${text}` });
  switch (type) {
    case 'HostToHostIntent':
      return wants(hosts.length === 2, 'two hosts') ?? { fields: { one: hosts[0], two: hosts[1] } };
    case 'PointToPointIntent':
      return (
        wants(into.length === 1 && out.length === 1, 'one ingress and one egress') ?? {
          fields: { ingressPoint: into[0], egressPoint: out[0] },
        }
      );
    case 'MultiPointToSinglePointIntent':
      return (
        wants(into.length > 0 && out.length === 1, 'ingresses and one egress') ?? { fields: { ingressPoint: into, egressPoint: out[0] } }
      );
    case 'SinglePointToMultiPointIntent':
      return (
        wants(into.length === 1 && out.length > 0, 'one ingress and egresses') ?? { fields: { ingressPoint: into[0], egressPoint: out } }
      );
  }
}

function connectPoint(text: string): ConnectPoint | undefined {
  const found = /^(of:[0-9a-f]{16})\/(\d{1,10})$/.exec(text);
  return found === null ? undefined : { device: found[1] ?? '', port: found[2] ?? '' };
}
