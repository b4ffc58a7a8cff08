import { describe, expect, it } from 'vitest';
import { serveAnswers } from '../../../../test/fixtures/onos/answer-server.js';
import { clientsUnderTest, deadUrl } from '../../../../test/fixtures/onos/client-under-test.js';
import { recorded } from '../../../../test/fixtures/onos/recorded.js';
import { Addresses } from './addresses.js';
import type { OnosError } from './onos-error.js';
import { unwrap } from './unwrap.js';

const away: OnosError = { kind: 'unreachable', message: 'no answer', retryable: true };

describe('addresses', () => {
  it('stay with the one that works; of the others the next is one that may answer', () => {
    const addresses = new Addresses(['a', 'b', 'c']);
    addresses.failed('a', away);
    expect(addresses.current).toBe('b');
    addresses.answered('b');
    addresses.failed('a', away); // a late answer of a call that went there before
    expect(addresses.current).toBe('b');
    addresses.answered('c');
    addresses.failed('b', away);
    expect(addresses.current).toBe('c');
  });

  it('are tried in turn while none answers, and the first that does is taken', () => {
    let now = 0;
    const addresses = new Addresses(['a', 'b', 'c'], () => ++now);
    const tried: string[] = [];
    for (let i = 0; i < 6; i++) {
      tried.push(addresses.current);
      addresses.failed(addresses.current, away);
    }
    expect(tried).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
    addresses.answered('c');
    expect(addresses.current).toBe('c');
  });

  it('tell since when each is as it is, and why', () => {
    let now = 0;
    const addresses = new Addresses(['a', 'b'], () => ++now);
    expect(addresses.health[0]).toEqual({ url: 'a', answers: undefined, since: undefined, lastError: undefined, current: true });
    addresses.failed('a', away);
    addresses.failed('a', { ...away, kind: 'timed-out' });
    expect(addresses.health[0]).toMatchObject({ answers: false, since: 1, lastError: { kind: 'timed-out', at: 3 }, current: false });
    addresses.answered('a');
    addresses.answered('a');
    expect(addresses.health[0]).toMatchObject({ answers: true, since: 4, lastError: { kind: 'timed-out', at: 3 } });
  });
});

describe('health', () => {
  const client = clientsUnderTest();

  it('knows an address once, however it is written', () => {
    expect(client(['http://h:8181', 'http://h:8181/onos/v1/']).health()).toHaveLength(1);
  });

  it('is what the calls have shown, refusals being answers', async () => {
    await using good = await serveAnswers(() => ({ status: 404, body: recorded('device-get-unknown.json') }));
    await using never = await serveAnswers(() => ({ body: recorded('topology.json') }));
    const onos = client([await deadUrl(), good.url, never.url]);
    const before = Date.now();
    expect(onos.health().map(({ answers }) => answers)).toEqual([undefined, undefined, undefined]);
    expect(await onos.devices.get('of:0000000000000099')()).toMatchObject({ left: { kind: 'not-found' } });
    const [dead, answering, unasked] = onos.health();
    expect(dead).toMatchObject({ answers: false, current: false, lastError: { kind: 'unreachable' } });
    expect(dead?.since).toBeGreaterThanOrEqual(before);
    expect(answering).toMatchObject({ url: `${good.url}/onos/v1`, answers: true, current: true });
    expect(unasked?.answers).toBeUndefined();
  });

  it('is asked for at every address at once, a full queue or not; the next call goes to one that answers', async () => {
    await using silent = await serveAnswers(() => 'hang');
    await using starting = await serveAnswers(() => ({ status: 503, body: recorded('starting.json') }));
    await using good = await serveAnswers(({ url }) => ({ body: recorded(url.endsWith('/topology') ? 'topology.json' : 'devices.json') }));
    const onos = client([silent.url, starting.url, good.url], { timeoutMs: 100, maxConcurrent: 1, maxWaiting: 0 });
    void onos.devices.list()();
    const health = await onos.probe();
    expect(health.map(({ answers, lastError }) => [answers, lastError?.kind])).toEqual([
      [false, 'timed-out'],
      [false, 'server-error'],
      [true, undefined],
    ]);
    expect(onos.address()).toBe(`${good.url}/onos/v1`);
  });

  it('of an address that is away is asked again where connections are kept warm', async () => {
    let started = false;
    await using one = await serveAnswers(() => (started ? { body: recorded('topology.json') } : 'reset'));
    await using other = await serveAnswers(() => ({ body: recorded('topology.json') }));
    const onos = client([one.url, other.url], { keepWarm: 1, idleMs: 20 });
    await expect.poll(() => onos.health().map(({ answers }) => answers)).toEqual([false, true]);
    started = true;
    await expect.poll(() => onos.health().map(({ answers }) => answers)).toEqual([true, true]);
    expect(onos.health()[1]?.current).toBe(true);
  });

  it('is not blamed on ONOS when the client was closed', async () => {
    await using server = await serveAnswers(() => 'hang');
    const onos = client([server.url]);
    const call = onos.devices.list()();
    await expect.poll(() => server.received.length).toBe(1);
    onos.close();
    await call;
    expect(onos.health()[0]?.answers).toBeUndefined();
    expect(await onos.probe()).toHaveLength(1);
  });
});

describe('the deadline of a whole call', () => {
  const client = clientsUnderTest();

  it('ends attempts and pauses', async () => {
    await using one = await serveAnswers(() => 'hang');
    await using two = await serveAnswers(() => 'hang');
    const onos = client([one.url, two.url], { timeoutMs: 40, deadlineMs: 100, retries: 1_000 });
    expect(await onos.devices.list()()).toMatchObject({ left: { kind: 'timed-out' } });
    expect(one.received.length + two.received.length).toBeLessThan(5);
    const paused = client([await deadUrl()], { backoffMs: 60_000, retries: 5, deadlineMs: 1_000 });
    expect(await paused.devices.list()()).toMatchObject({ left: { kind: 'unreachable' } });
  });

  it('ends waiting for a turn, and then nothing was sent', async () => {
    await using server = await serveAnswers(({ url }) => (url.endsWith('/devices') ? 'hang' : { body: recorded('links.json') }));
    const onos = client([server.url], { maxConcurrent: 1, timeoutMs: 200, deadlineMs: 50, retries: 0 });
    const first = onos.devices.list()();
    const second = onos.links.list()();
    expect(await second).toMatchObject({ left: { kind: 'timed-out', message: expect.stringContaining('not sent') } });
    await first;
    expect(await unwrap(onos.links.list())).toHaveLength(12);
  });
});
