import { createServer, type AddressInfo, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { serveAnswers } from '../../../../test/fixtures/onos/answer-server.js';
import { clientsUnderTest, created, deadUrl, INTENT, RULE } from '../../../../test/fixtures/onos/client-under-test.js';
import { recorded } from '../../../../test/fixtures/onos/recorded.js';
import { OnosFailure } from './onos-failure.js';
import { unwrap } from './unwrap.js';

const client = clientsUnderTest();

describe('an ONOS that is away', () => {
  it('is unreachable where nothing listens, and no secret is told', async () => {
    const error = await unwrap(client([await deadUrl()]).devices.list()).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(OnosFailure);
    expect(error).toMatchObject({ error: { kind: 'unreachable', retryable: true, cause: { code: 'ECONNREFUSED' } } });
    expect(JSON.stringify(error) + String((error as Error).stack)).not.toMatch(/s3cret|b25vczpzM2NyZXQ/);
  });

  it('times out when it is silent, and when it only drips', async () => {
    await using silent = await serveAnswers(() => 'hang');
    const onos = client([silent.url], { timeoutMs: 30, retries: 0 });
    expect(await onos.devices.list()()).toMatchObject({
      left: { kind: 'timed-out', retryable: true, message: expect.stringContaining('30 ms') },
    });

    const drip: Server = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .resume()
        .write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      const timer = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => drip.listen(0, '127.0.0.1', resolve));
    const dripping = client([`http://127.0.0.1:${(drip.address() as AddressInfo).port}`], { timeoutMs: 60, retries: 0 });
    expect(await dripping.devices.list()()).toMatchObject({ left: { kind: 'timed-out' } });
    await new Promise((resolve) => drip.close(resolve));
  });

  it('is left for the next address, which then is kept', async () => {
    await using bad = await serveAnswers(() => 'reset');
    await using good = await serveAnswers(({ method }) => (method === 'GET' ? { body: recorded('devices.json') } : created));
    const onos = client([await deadUrl(), bad.url, good.url]);
    expect(await unwrap(onos.flows.add('org.guardpost', RULE))).toBe('7318350038462322');
    expect(onos.address()).toBe(`${good.url}/onos/v1`);
    await unwrap(onos.devices.list());
    expect([bad.received.length, good.received.length]).toEqual([1, 2]);
  });

  it('is left while it starts and while it stops', async () => {
    for (const [status, file] of [
      [503, 'starting.json'],
      [500, 'stopping.html'],
    ] as const) {
      await using starting = await serveAnswers(() => ({ status, body: recorded(file) }));
      await using good = await serveAnswers(() => ({ body: recorded('devices.json') }));
      expect(await unwrap(client([starting.url, good.url]).devices.list())).toHaveLength(4);
    }
  });

  it('is asked a bounded number of times', async () => {
    await using one = await serveAnswers(() => 'reset');
    await using two = await serveAnswers(() => 'reset');
    expect(await client([one.url, two.url], { retries: 3 }).devices.list()()).toMatchObject({ left: { kind: 'unreachable' } });
    expect(one.received.length + two.received.length).toBe(5);
  });

  it('does not get an intent twice, unless it never got it', async () => {
    await using lost = await serveAnswers(() => 'reset');
    await using good = await serveAnswers(() => ({ status: 201, headers: { Location: 'http://x/onos/v1/intents/a/1' } }));
    expect(await client([lost.url, good.url]).intents.submit(INTENT)()).toMatchObject({ left: { kind: 'unreachable' } });
    expect(good.received).toHaveLength(0);
    expect(await unwrap(client([await deadUrl(), good.url]).intents.submit(INTENT))).toBe('0x1');
  });

  it('may lose the answer to a withdrawal: finding nothing then is success', async () => {
    await using server = await serveAnswers((_, request) =>
      request === 1 ? 'reset' : { status: 400, body: recorded('intent-delete-missing.json') },
    );
    const onos = client([server.url]);
    await unwrap(onos.intents.withdraw('org.onosproject.core', 'nosuch'));
    expect(await onos.intents.withdraw('org.onosproject.core', 'nosuch')()).toMatchObject({ left: { kind: 'not-found' } });
  });

  it('may have closed a kept connection: the call goes again at once, to the same address', async () => {
    await using server = await serveAnswers((_, request) => (request === 2 ? 'reset' : created));
    await using other = await serveAnswers(() => created);
    const onos = client([server.url, other.url], { backoffMs: 60_000 });
    await unwrap(onos.flows.add('org.guardpost', RULE));
    await unwrap(onos.flows.add('org.guardpost', RULE));
    expect([server.received.length, other.received.length]).toEqual([3, 0]);
  });
});
