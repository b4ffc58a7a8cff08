import { decodeFlowRule, type Register } from '../flows/flow-rule.js';
import { flowJson } from '../flows/flow-json.js';
import type { FlowEntry, FlowTable } from '../flows/flow-table.js';
import { listOf, objectOf, textOf } from '../json.js';
import { broken, illegal, notFound } from '../refusal.js';
import { CLASS_CAST, created, done, ok, readTree, type Answer } from './exchange.js';
import { route, type Route } from './router.js';

const listed = (entries: readonly FlowEntry[]): Answer => ok({ flows: entries.map(flowJson) });
/** What Jersey says of a path parameter that is no number. */
const NO_NUMBER: Answer = {
  status: 404,
  headers: { 'content-type': 'text/html;charset=iso-8859-1' },
  body: '<html><body><h2>HTTP ERROR 404 Not Found</h2></body></html>',
};

/** FlowsWebResource. */
export function flowRoutes(flows: FlowTable, register: Register, isRegistered: (app: string) => boolean): Route[] {
  /** A device that has no rule at all is not found either. */
  const ofDevice = (deviceId: string): FlowEntry[] => {
    const entries = flows.ofDevice(deviceId);
    if (entries.length === 0) throw notFound('Device is not found');
    return entries;
  };
  const ofApp = (app: string): FlowEntry[] => {
    if (!isRegistered(app)) throw notFound('Application Id is not found');
    return flows.ofApp(app);
  };
  const remove = (entries: readonly FlowEntry[]): Answer => {
    void flows.remove(entries.map(({ rule }) => rule));
    return done;
  };
  const withApp = (json: unknown, appId: string | null): unknown => (appId === null || appId === '' ? json : { ...objectOf(json), appId });

  return [
    route('GET', '/onos/v1/flows', () => listed(flows.all())),
    route('GET', '/onos/v1/flows/pending', () => listed(flows.all().filter(({ state }) => state.startsWith('PENDING')))),
    route('GET', '/onos/v1/flows/application/:app', ({ params: [app = ''] }) => listed(ofApp(app))),
    route('GET', '/onos/v1/flows/:device', ({ params: [device = ''] }) => listed(ofDevice(device))),
    route('GET', '/onos/v1/flows/:device/:id', ({ params: [device = '', id = ''] }) =>
      /^-?\d+$/.test(id) ? listed(ofDevice(device).filter(({ rule }) => rule.id === id)) : NO_NUMBER,
    ),
    route('POST', '/onos/v1/flows', ({ body, query }) => {
      const json = readTree(body)['flows'];
      if (json === undefined) throw illegal('Flows array was not specified');
      if (!Array.isArray(json)) throw broken(CLASS_CAST('ObjectNode', 'ArrayNode'));
      const rules = listOf(json).map((one) => decodeFlowRule(withApp(one, query.get('appId')), register));
      void flows.add(rules);
      return ok({ flows: rules.map(({ deviceId, id }) => ({ deviceId, flowId: id })) });
    }),
    route('POST', '/onos/v1/flows/:device', ({ params: [device = ''], body, query, base }) => {
      const json = readTree(body);
      if (json['deviceId'] !== undefined && json['deviceId'] !== device) throw illegal('Invalid deviceId in flow creation request');
      const rule = decodeFlowRule(withApp({ ...json, deviceId: device }, query.get('appId')), register);
      void flows.add([rule]);
      return created(`${base}/onos/v1/flows/${device}/${rule.id}`);
    }),
    route('DELETE', '/onos/v1/flows', ({ body }) => {
      const named = listOf(readTree(body)['flows']).map(objectOf);
      return remove(named.flatMap((one) => flows.get(textOf(one['deviceId']), textOf(one['flowId'])) ?? []));
    }),
    route('DELETE', '/onos/v1/flows/application/:app', ({ params: [app = ''] }) => remove(ofApp(app))),
    route('DELETE', '/onos/v1/flows/:device/:id', ({ params: [device = '', id = ''] }) =>
      /^-?\d+$/.test(id) ? remove(ofDevice(device).filter(({ rule }) => rule.id === id)) : NO_NUMBER,
    ),
  ];
}
