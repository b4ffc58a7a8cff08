import { flowJson } from '../flows/flow-json.js';
import type { FlowTable } from '../flows/flow-table.js';
import { decodeIntent } from '../intents/decode.js';
import { INTENT_APP } from '../intents/compile.js';
import { intentJson } from '../intents/intent.js';
import type { IntentRecord, Intents } from '../intents/intents.js';
import { miniSummary } from '../intents/mini-summary.js';
import { illegal, notFound } from '../refusal.js';
import { created, done, ok, readTree, type Answer } from './exchange.js';
import { route, type Route } from './router.js';

/** IntentsWebResource. */
export function intentRoutes(intents: Intents, flows: FlowTable, isApplication: (name: string) => boolean): Route[] {
  const listed = (records: readonly IntentRecord[], detail: boolean): Answer =>
    ok({ intents: records.map(({ intent, state }) => intentJson(intent, state, detail)) });
  const wantsDetail = (query: URLSearchParams): boolean => query.get('detail') === 'true';
  const app = (name: string): string => {
    if (!isApplication(name)) throw notFound('Application Id not found');
    return name;
  };
  /** Looked for by its text, then by its number, which most text is not: so a missing key is a malformed one. */
  const find = (appId: string, key: string): IntentRecord | undefined => {
    const record = intents.get(app(appId), key);
    if (record === undefined && !/^[-+]?(0x[\da-f]+|\d+)$/i.test(key)) throw illegal(`For input string: "${key}"`);
    return record;
  };
  const need = (appId: string, key: string): IntentRecord => {
    const record = find(appId, key);
    if (record === undefined) throw notFound('Intent is not found');
    return record;
  };

  return [
    route('GET', '/onos/v1/intents', ({ query }) => listed(intents.all(), wantsDetail(query))),
    route('GET', '/onos/v1/intents/minisummary', () => ok(miniSummary(intents.all()))),
    route('GET', '/onos/v1/intents/application/:app', ({ params: [name = ''], query }) =>
      listed(intents.ofApp(app(name)), wantsDetail(query)),
    ),
    route('GET', '/onos/v1/intents/installables/:app/:key', ({ params: [name = '', key = ''] }) =>
      ok({
        installables: need(name, key).installables.map(({ id, links }) => ({
          type: 'FlowRuleIntent',
          id: `0x${id.toString(16)}`,
          key,
          appId: INTENT_APP,
          resources: links.map(({ src, dst }) => ({ src, dst, type: 'DIRECT', state: 'ACTIVE' })),
          state: 'INSTALLED',
        })),
      }),
    ),
    route('GET', '/onos/v1/intents/relatedflows/:app/:key', ({ params: [name = '', key = ''] }) => {
      const { intent, installables } = need(name, key);
      const paths = installables.map(({ rules }) => rules.flatMap(({ deviceId, id }) => flows.get(deviceId, id) ?? []).map(flowJson));
      return ok({ appId: intent.appId, id: intent.key, type: intent.type, paths });
    }),
    route('GET', '/onos/v1/intents/:app/:key', ({ params: [name = '', key = ''] }) => {
      const { intent, state } = need(name, key);
      return ok(intentJson(intent, state, true));
    }),
    route('POST', '/onos/v1/intents', ({ body, base }) => {
      const intent = decodeIntent(readTree(body), intents.nextId, isApplication);
      intents.submit(intent);
      return created(`${base}/onos/v1/intents/${intent.appId}/${intent.id}`);
    }),
    route('DELETE', '/onos/v1/intents/:app/:key', async ({ params: [name = '', key = ''] }) => {
      const record = find(name, key);
      if (record !== undefined) {
        await intents.withdraw(record);
        intents.purge(record);
      }
      return done;
    }),
  ];
}
