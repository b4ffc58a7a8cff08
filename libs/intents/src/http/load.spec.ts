import { describe, expect, it } from 'vitest';
import { serveAnswers } from '../../../../test/fixtures/onos/answer-server.js';
import { clientsUnderTest, created, deadUrl, RULE } from '../../../../test/fixtures/onos/client-under-test.js';
import { recorded } from '../../../../test/fixtures/onos/recorded.js';
import { unwrap } from './unwrap.js';

const client = clientsUnderTest();

describe('load', () => {
  it('is bounded; a rule passes waiting listings, and a full queue refuses', async () => {
    let opens: () => void = () => undefined;
    const opened = new Promise<void>((resolve) => (opens = resolve));
    let inside = 0;
    let most = 0;
    await using server = await serveAnswers(({ method }) => {
      most = Math.max(most, ++inside);
      void opened.then(() => inside--);
      return method === 'GET' ? { body: recorded('devices.json'), after: opened } : created;
    });
    const onos = client([server.url], { maxConcurrent: 4, maxWaiting: 6 });
    const listings = Array.from({ length: 8 }, () => unwrap(onos.devices.list()));
    expect(await unwrap(onos.flows.add('org.guardpost', RULE))).toBe('7318350038462322');
    expect(await onos.devices.list()()).toMatchObject({
      left: { kind: 'refused', retryable: true, message: expect.stringContaining('6 calls wait') },
    });
    opens();
    expect(await Promise.all(listings)).toHaveLength(8);
    expect(most).toBeLessThanOrEqual(4);
    expect(server.connections()).toBeLessThanOrEqual(4);
  });

  it('finds connections warm', async () => {
    await using server = await serveAnswers(({ method }) => (method === 'GET' ? { body: recorded('topology.json') } : created));
    const onos = client([server.url]);
    expect(await onos.warm(3)).toBe(3);
    const before = server.connections();
    await Promise.all([1, 2, 3].map((priority) => unwrap(onos.flows.add('org.guardpost', { ...RULE, priority }))));
    expect([before, server.connections()]).toEqual([3, 3]);
    const away = client([await deadUrl()]);
    expect(await away.warm(2)).toBe(0);
  });

  it('keeps them warm by itself where asked to', async () => {
    await using server = await serveAnswers(() => ({ body: recorded('topology.json') }));
    client([server.url], { keepWarm: 1, idleMs: 20 });
    await expect.poll(() => server.received.length, { timeout: 2_000 }).toBeGreaterThan(3);
  });

  it('leaves no connection open longer than idleMs, and ends no call by it', async () => {
    await using server = await serveAnswers(() => ({
      body: recorded('devices.json'),
      after: new Promise((resolve) => setTimeout(resolve, 60)),
    }));
    const onos = client([server.url], { idleMs: 20 });
    expect(await unwrap(onos.devices.list())).toHaveLength(4);
    await expect.poll(() => server.open(), { timeout: 2_000 }).toBe(0);
    expect(server.received).toHaveLength(1);
  });

  it('ends with close: calls under way fail, later ones are refused', async () => {
    await using server = await serveAnswers(() => 'hang');
    const onos = client([server.url]);
    const under = onos.devices.list()();
    await expect.poll(() => server.received.length).toBe(1);
    onos.close();
    expect(await under).toMatchObject({ left: { kind: 'unreachable' } });
    expect(await onos.devices.list()()).toMatchObject({ left: { kind: 'refused' } });
    expect(server.received).toHaveLength(1);
  });
});
