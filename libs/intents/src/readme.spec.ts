import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { serveAnswers, type Reply } from '../../../test/fixtures/onos/answer-server.js';
import { deadUrl, DEVICE } from '../../../test/fixtures/onos/client-under-test.js';
import { recorded } from '../../../test/fixtures/onos/recorded.js';
import { createOnosClient, criteria, dropRule, ETHER_TYPE, unwrap, type OnosClient } from './index.js';

/** The examples of README.md, each a function here: what stands there must stand here, and run. */
const examples = {
  list: async (onos: OnosClient) => {
    // Plain async: throws OnosFailure, with the OnosError in `.error`.
    const devices = await unwrap(onos.devices.list());

    // As a value: a key with a slash is given as it is.
    const intent = await onos.intents.get('org.onosproject.sdnip', '203.0.113.0/24')();
    if (intent._tag === 'Left' && intent.left.kind === 'not-found') console.log(intent.left.message);

    onos.close();
    return devices;
  },
  rules: async (onos: OnosClient) => {
    const rules = ['198.51.100.7/32', '198.51.100.8/32'].map((address) =>
      dropRule('of:0000000000000001', 800, [criteria.ethType(ETHER_TYPE.ipv4), criteria.ipv4Src(address)]),
    );
    const refs = await unwrap(onos.flows.addAll('org.guardpost', rules));
    await unwrap(onos.flows.removeAll(refs));
    return refs;
  },
  intent: async (onos: OnosClient) => {
    await unwrap(
      onos.intents.submit({
        type: 'PointToPointIntent',
        appId: 'org.onosproject.cli',
        key: 'a/b',
        ingressPoint: { device: 'of:0000000000000001', port: '1' },
        egressPoint: { device: 'of:0000000000000002', port: '1' },
      }),
    );
    const { state } = await unwrap(onos.intents.get('org.onosproject.cli', 'a/b'));
    return state;
  },
  health: async (onos: OnosClient) => {
    for (const { url, answers, since, lastError } of await onos.probe())
      if (answers === false) console.log(`${url} is away since ${new Date(since ?? 0).toISOString()}: ${lastError?.kind}`);
  },
};

const onosLike = ({ method, url }: { method: string; url: string }): Reply => {
  if (method === 'POST' && url.includes('/flows'))
    return { body: JSON.stringify({ flows: ['1', '2'].map((flowId) => ({ deviceId: DEVICE, flowId })) }) };
  if (method === 'POST') return { status: 201, headers: { Location: 'http://onos/onos/v1/intents/org.onosproject.cli/7' } };
  if (url.includes('sdnip')) return { status: 400, body: recorded('sdnip-get-after-delete.json') };
  if (url.includes('/intents/')) return { body: recorded('intent-get-p2p-1.json') };
  if (url.endsWith('/topology')) return { body: recorded('topology.json') };
  return method === 'GET' ? { body: recorded('devices.json') } : { status: 204 };
};

const squeezed = (code: string): string => code.replace(/\s+/g, ' ');

describe("README.md's examples", () => {
  it('are the code that runs here', () => {
    const here = squeezed(readFileSync(new URL(import.meta.url), 'utf8'));
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(blocks).toHaveLength(Object.keys(examples).length);
    // The first one begins with what an example here is given.
    for (const code of blocks) expect(here).toContain(squeezed(code.replace(/^import .*?(?=\/\/ Plain)/s, '')).trim());
    expect(blocks[0]).toContain("import { createOnosClient, criteria, dropRule, ETHER_TYPE, unwrap } from '@guardpost/intents';");
  });

  it('run', async () => {
    await using server = await serveAnswers(onosLike);
    const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const onos = createOnosClient({ urls: [server.url, await deadUrl()], user: 'onos', password: 'rocks' });
    expect(await examples.rules(onos)).toHaveLength(2);
    expect(await examples.intent(onos)).toBe('INSTALLED');
    await examples.health(onos);
    expect(said).toHaveBeenLastCalledWith(expect.stringMatching(/is away since 2.*: unreachable$/));
    expect(await examples.list(onos)).toHaveLength(4);
    expect(said).toHaveBeenLastCalledWith(expect.stringContaining('ONOS has no intent with this key'));
    said.mockRestore();
  });
});
