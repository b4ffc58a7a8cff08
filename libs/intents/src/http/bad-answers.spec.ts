import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isRight } from 'fp-ts/lib/Either.js';
import { afterEach, describe, expect, it } from 'vitest';
import { serveAnswers, type Reply } from '../../../../test/fixtures/onos/answer-server.js';
import { clientsUnderTest, created, DEVICE, INTENT, RULE } from '../../../../test/fixtures/onos/client-under-test.js';
import { recorded, recordedJson } from '../../../../test/fixtures/onos/recorded.js';
import { FlowEntry } from '../flows/flow-rule.codec.js';
import type { OnosClient } from '../onos-client.js';
import { readList } from './read-answer.js';
import { unwrap } from './unwrap.js';

const client = clientsUnderTest();
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A server that writes `head`, and then one byte every few milliseconds, for ever. */
async function dripping(head: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    head(response);
    const timer = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(timer));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const HTML = '<!DOCTYPE html><html><body>Please log in</body></html>';
const MEGABYTES = 10_000_000;
const deep = (opening: string): string => opening.repeat(200_000);

describe('an answer that is none', () => {
  it.each<[string, Reply]>([
    ['HTML', { body: HTML }],
    ['nothing', { body: '' }],
    ['half a JSON', { body: recorded('devices.json').slice(0, 700) }],
    ['half a long JSON', { body: `{"devices":[${`${recorded('device.json')},`.repeat(2_000)}` }],
    ['10 MB of nonsense', { body: 'nonsense '.repeat(MEGABYTES / 9) }],
    ['10 MB of nonsense in JSON', { body: `{"devices":[${'"nonsense",'.repeat(MEGABYTES / 11)}0]}` }],
    ['10 MB in one text', { body: `{"devices":["${'\\\\'.repeat(MEGABYTES / 4)}` }],
    ['lists without end', { body: `{"devices":${deep('[')}` }],
    ['lists as deep as the sea', { body: `{"devices":[{"id":${deep('[')}${']'.repeat(200_000)}}]}` }],
    ['a list where an object belongs', { body: '[]' }],
    ['10 MB more than is read', { body: `{"devices":[]}${' '.repeat(70_000_000)}` }],
  ])('%s is undecodable, with a short reason, and the next call works', async (_name, reply) => {
    await using server = await serveAnswers((_, request) => (request === 1 ? reply : { body: recorded('devices.json') }));
    const onos = client([server.url], { timeoutMs: 10_000 });
    const result = await onos.devices.list()();
    expect(result).toMatchObject({ left: { kind: 'undecodable', retryable: false } });
    expect(JSON.stringify(result).length).toBeLessThan(1_000);
    expect(await unwrap(onos.devices.list())).toHaveLength(4);
  });

  const calls: ReadonlyArray<[string, (onos: OnosClient) => () => Promise<unknown>]> = [
    ['one device', (onos) => onos.devices.get(DEVICE)],
    ['the network configuration', (onos) => onos.netcfg.get()],
    ['related flows', (onos) => onos.intents.relatedFlows('a', 'k')],
    ['a rule added', (onos) => onos.flows.add('a', RULE)],
    ['rules added', (onos) => onos.flows.addAll('a', [RULE])],
    ['an intent submitted', (onos) => onos.intents.submit(INTENT)],
    ['an ACL rule added', (onos) => onos.acl.add({ srcIp: '10.0.0.1/32' })],
    ['an application turned on', (onos) => onos.applications.activate('a')],
  ];
  it.each(calls)('to %s: HTML, half a JSON and another shape are undecodable', async (_name, call) => {
    for (const body of [HTML, '{"devices":[{', '{"x":{"y":[[[]]]}}']) {
      await using server = await serveAnswers(() => ({ body }));
      expect(await call(client([server.url]))()).toMatchObject({ left: { kind: 'undecodable' } });
    }
  });

  it('of a byte now and then ends in time, wherever it drips', async () => {
    const heads: Array<(response: ServerResponse) => void> = [
      () => undefined,
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"devices":['),
      (response) => response.writeHead(500).write('{"code":'),
    ];
    for (const head of heads) {
      const onos = client([await dripping(head)], { timeoutMs: 60, retries: 0 });
      expect(await onos.devices.list()()).toMatchObject({
        left: { kind: 'timed-out', retryable: true, message: expect.stringContaining('60 ms') },
      });
    }
  });

  it('is left for an address where ONOS answers, unless what was sent might be done twice', async () => {
    await using portal = await serveAnswers(() => ({ body: HTML }));
    await using good = await serveAnswers(({ method }) => (method === 'GET' ? { body: recorded('devices.json') } : created));
    expect(await unwrap(client([portal.url, good.url]).devices.list())).toHaveLength(4);
    expect(await unwrap(client([portal.url, good.url]).flows.add('a', RULE))).toBe('7318350038462322');
    expect(await client([portal.url, good.url]).intents.submit(INTENT)()).toMatchObject({ left: { kind: 'undecodable' } });
    expect(portal.received).toHaveLength(3);
  });
});

describe('a long answer', () => {
  const call = { method: 'GET', path: '/flows', repeatable: true } as const;
  const flows = Array.from({ length: 5_000 }, (_, i) => ({
    ...(recordedJson('flow-get-one.json') as { flows: object[] }).flows[0],
    id: String(7318350038462322n + BigInt(i)),
  }));
  const answer = (list: readonly object[]): Parameters<typeof readList>[1] => ({
    status: 200,
    body: JSON.stringify({ flows: list }),
    location: undefined,
    from: 'http://onos/onos/v1',
  });

  it('is read in slices, between which other callbacks run', async () => {
    let others = 0;
    let reading = true;
    const count = (): void => {
      others++;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    const result = await readList(call, answer(flows), 'flows', FlowEntry);
    reading = false;
    expect(isRight(result) && result.right).toEqual(flows);
    expect(others).toBeGreaterThanOrEqual(10);
  });

  it('is refused with the place of what is wrong, counted from its beginning', async () => {
    const wrong = flows.map((flow, i) => (i === 4_321 ? { ...flow, priority: 70_000 } : flow));
    expect(await readList(call, answer(wrong), 'flows', FlowEntry)).toMatchObject({
      left: { kind: 'undecodable', message: expect.stringContaining('flows[4321].priority: FlowPriority expected, got 70000') },
    });
  });
});
