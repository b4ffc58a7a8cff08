import { createServer, type AddressInfo, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serveAnswers, type Reply } from '../../../test/fixtures/onos/answer-server.js';
import { clientsUnderTest, created, DEVICE, INTENT, PASSWORD, RULE } from '../../../test/fixtures/onos/client-under-test.js';
import { recorded } from '../../../test/fixtures/onos/recorded.js';
import { dropRule } from './flows/flow-rule.codec.js';
import type { OnosOptions } from './http/onos-options.js';
import { unwrap } from './http/unwrap.js';
import { createOnosClient, type OnosClient } from './onos-client.js';

const client = clientsUnderTest();
const BASIC = `Basic ${Buffer.from(`onos:${PASSWORD}`).toString('base64')}`;

describe('requests', () => {
  it('authenticate, keep the connection, and send a content type only with a body', async () => {
    await using server = await serveAnswers(({ method }) => (method === 'GET' ? { body: recorded('devices.json') } : created));
    const onos = client([server.url]);
    expect(await unwrap(onos.devices.list())).toHaveLength(4);
    expect(await unwrap(onos.flows.add('org.guardpost', RULE))).toBe('7318350038462322');
    await unwrap(onos.devices.list());
    expect(server.connections()).toBe(1);
    expect(server.received.map(({ headers }) => [headers.authorization, headers['content-type'], headers.connection])).toEqual([
      [BASIC, undefined, 'keep-alive'],
      [BASIC, 'application/json', 'keep-alive'],
      [BASIC, undefined, 'keep-alive'],
    ]);
    expect(server.received[1]).toMatchObject({
      method: 'POST',
      url: `/onos/v1/flows/${DEVICE}?appId=org.guardpost`,
      body: JSON.stringify(RULE),
    });
  });

  it('encode keys with a slash, and never reach another resource than the one named', async () => {
    await using server = await serveAnswers(({ method }) =>
      method === 'GET' ? { body: recorded('sdnip-m2s-get.json') } : { status: 204 },
    );
    const onos = client([server.url]);
    expect((await unwrap(onos.intents.get('org.onosproject.sdnip', '203.0.113.0/24'))).key).toBe('203.0.113.0/24');
    await unwrap(onos.intents.withdraw('org.onosproject.sdnip', '203.0.113.0/24'));
    await unwrap(onos.intents.withdraw('org.onosproject.core', '0x1e'));
    await unwrap(onos.netcfg.removeInterfaces('of:0000000000000001/99'));
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /onos/v1/intents/org.onosproject.sdnip/203.0.113.0%2F24',
      'DELETE /onos/v1/intents/org.onosproject.sdnip/203.0.113.0%2F24',
      'DELETE /onos/v1/intents/org.onosproject.core/0x1e',
      'DELETE /onos/v1/network/configuration/ports/of:0000000000000001%2F99/interfaces',
    ]);
    for (const stray of ['', '.', '..']) {
      expect(await onos.netcfg.removeInterfaces(stray)()).toMatchObject({ left: { kind: 'refused' } });
      expect(await onos.flows.removeByApp(stray)()).toMatchObject({ left: { kind: 'refused' } });
    }
    expect(server.received).toHaveLength(4);
  });

  it('are not sent with what ONOS would take and no switch has', async () => {
    await using server = await serveAnswers(() => created);
    const onos = client([server.url]);
    expect(await onos.flows.add('org.guardpost', { ...RULE, priority: 70_000 })()).toMatchObject({
      left: { kind: 'refused', message: expect.stringContaining('priority') },
    });
    expect(await onos.flows.remove(DEVICE, 'zz')()).toMatchObject({ left: { kind: 'refused' } });
    expect(server.received).toHaveLength(0);
  });

  it('go in bulk, in parts, and give ids in order', async () => {
    await using server = await serveAnswers(({ method, body }) => {
      if (method === 'DELETE') return { status: 204 };
      const { flows } = JSON.parse(body) as { flows: Array<{ deviceId: string; priority: number }> };
      // Bare numbers beyond 2^53: another ONOS might send them so.
      return { body: `{"flows":[${flows.map((f) => `{"deviceId":"${f.deviceId}","flowId":731835003846232${f.priority}}`).join()}]}` };
    });
    const onos = client([server.url], { bulkSize: 2 });
    const refs = await unwrap(
      onos.flows.addAll(
        'org.guardpost',
        [1, 2, 3, 4, 5].map((priority) => dropRule(DEVICE, priority, [])),
      ),
    );
    expect(refs.map(({ flowId }) => flowId)).toEqual([1, 2, 3, 4, 5].map((i) => `731835003846232${i}`));
    await unwrap(onos.flows.removeAll(refs));
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      ...Array<string>(3).fill('POST /onos/v1/flows?appId=org.guardpost'),
      ...Array<string>(3).fill('DELETE /onos/v1/flows'),
    ]);
    expect(JSON.parse(server.received[5]!.body)).toEqual({ flows: [refs[4]] });
    expect(await unwrap(onos.flows.addAll('org.guardpost', []))).toEqual([]);
  });

  it('tell the id of a new intent as lists show it', async () => {
    await using server = await serveAnswers(() => ({ status: 201, headers: { Location: 'http://127.0.0.1:8181/onos/v1/intents/a/310' } }));
    expect(await unwrap(client([server.url]).intents.submit(INTENT))).toBe('0x136');
  });

  it('find one rule, or say that it is missing', async () => {
    await using server = await serveAnswers(({ url }) => ({
      body: recorded(url.endsWith('/12345') ? 'flow-get-unknown-id.json' : 'flow-get-one.json'),
    }));
    const onos = client([server.url]);
    expect((await unwrap(onos.flows.get(DEVICE, '562953751347809'))).id).toBe('562953751347809');
    expect(await onos.flows.get(DEVICE, '12345')()).toMatchObject({ left: { kind: 'not-found' } });
  });
});

describe('answers that are none', () => {
  it.each<[string, Reply]>([
    ['HTML', { body: '<html><body>login</body></html>' }],
    ['an empty body', { body: '' }],
    ['JSON cut off', { body: '{"devices":[' }],
    ['another shape', { body: '{"devices":[{"id":17}]}' }],
    ['JSON of another call', { body: recorded('hosts.json') }],
    ['more than is read', { body: `{"devices":[],"x":"${'x'.repeat(100_000)}"}` }],
  ])('%s is undecodable', async (_name, reply) => {
    await using server = await serveAnswers(() => reply);
    const result = await client([server.url], { maxAnswerBytes: 50_000 }).devices.list()();
    expect(result).toMatchObject({
      left: { kind: 'undecodable', retryable: false, message: expect.stringContaining(`GET ${server.url}/onos/v1/devices`) },
    });
    expect(server.received).toHaveLength(1);
  });

  it.each([undefined, 'http://x/onos/v1/flows', `http://x/onos/v1/flows/${DEVICE}/abc`])(
    'a rule taken without its id (%s) is undecodable',
    async (location) => {
      await using server = await serveAnswers(() => ({ status: 201, headers: location === undefined ? {} : { Location: location } }));
      expect(await client([server.url]).flows.add('org.guardpost', RULE)()).toMatchObject({ left: { kind: 'undecodable' } });
    },
  );

  it('fewer ids than rules are undecodable', async () => {
    await using server = await serveAnswers(() => ({ body: recorded('flow-post-bulk.json') }));
    expect(await client([server.url]).flows.addAll('org.guardpost', [RULE])()).toMatchObject({ left: { kind: 'undecodable' } });
  });

  it('a server that does not speak HTTP is undecodable', async () => {
    const server: Server = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-OpenSSH_9.2\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const result = await client([`http://127.0.0.1:${(server.address() as AddressInfo).port}`]).devices.list()();
    await new Promise((resolve) => server.close(resolve));
    expect(result).toMatchObject({ left: { kind: 'undecodable' } });
  });
});

describe('options', () => {
  it.each<[Partial<OnosOptions>, string]>([
    [{ urls: [] }, 'urls'],
    [{ urls: ['localhost'] }, 'urls[0]'],
    [{ urls: ['ftp://h'] }, 'http or https'],
    [{ urls: ['http://a', 'http://onos:hush@h:8181'] }, 'urls[1]'],
    [{ maxConcurrent: 0 }, 'maxConcurrent'],
    [{ timeoutMs: Number.NaN }, 'timeoutMs'],
    [{ retries: -1 }, 'retries'],
  ])('%o cannot work', (options, says) => {
    const create = (): OnosClient => createOnosClient({ urls: ['http://h'], user: 'onos', password: 's3cret', ...options });
    expect(create).toThrow(TypeError);
    expect(create).toThrow(says);
    expect(create).not.toThrow(/hush|s3cret/);
  });

  it('take addresses with and without path', () => {
    for (const url of ['http://h:8181', 'http://h:8181/', 'http://h:8181/onos/v1', 'http://h:8181/onos/v1/'])
      expect(client([url]).address()).toBe('http://h:8181/onos/v1');
    expect(client(['https://proxy/site-a/']).address()).toBe('https://proxy/site-a/onos/v1');
  });
});
