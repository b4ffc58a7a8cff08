import { generateKeyPairSync } from 'node:crypto';
import { DETECTION_JOB, DETECTIONS_QUEUE, REDIS_PREFIX, redisKeys, type Detection, type Envelope } from '@guardpost/contracts';
import { BullQueue, connectRedis, newBoot, readPrivateKey, Sealer } from '@guardpost/platform';
import axios, { isAxiosError } from 'axios';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import { requestId, type Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { calm } from '../system/network.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = process.env['GUARDPOST_LAB_MISSING'] ?? '';

describe.skipIf(missing !== '')(`what must not be believed or can't be done ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  let redis: Redis;
  let queue: BullQueue;
  let seq = 0;
  beforeAll(async () => {
    lab = await Lab.attach(LAB_NAME);
    site = new Site(lab);
    api = await site.start();
    await calm(api, lab);
    redis = connectRedis(lab.redisUrl, () => undefined);
    queue = new BullQueue({
      name: DETECTIONS_QUEUE,
      jobName: DETECTION_JOB,
      prefix: REDIS_PREFIX,
      redisUrl: lab.redisUrl,
      onProblem: () => undefined,
    });
  });
  afterAll(async () => {
    await queue.close();
    redis.disconnect();
    await calm(api, lab);
    await site.stop();
  });

  const detection = (change: Partial<Detection> = {}): Detection => ({
    v: 1,
    id: `gist1:forged:${++seq}`,
    revision: 0,
    box: 'gist1',
    detector: 'indicator',
    indicator: { id: 'i-none', prefix: '203.0.113.7/32', proto: null, port: null },
    flow: { remote: '203.0.113.7', local: '10.0.0.11', proto: 17, remotePort: 1, localPort: 2 },
    matched: 'destination',
    seen: [],
    packets: 1,
    bytes: 1,
    firstAt: 1,
    lastAt: 1,
    queuedAt: 1,
    ...change,
  });
  const boot = newBoot();
  const gist1 = (): Sealer => new Sealer('gist1', readPrivateKey(site.files.boxKey('gist1')), boot);
  const deliver = (e: Envelope, id = `${e.from}:${e.boot}:${e.seq}`): Promise<void> => queue.add(id, e);
  const refusedBecause = (reason: RegExp, side: 'bridge' | 'box' = 'bridge') =>
    waitFor(`a dead letter: ${reason.source}`, async () => (await api.deadLetters()).find((d) => d.side === side && reason.test(d.reason)));

  describe('by the bridge', () => {
    it('a detection that a stranger signed', async () => {
      const stranger = new Sealer('gist1', generateKeyPairSync('ed25519').privateKey, boot);
      await deliver(stranger.seal(detection()));
      expect((await refusedBecause(/^wrong key: .* not among the trusted/)).channel).toBe('detections');
    });

    it('a detection that another box signed', async () => {
      const other = new Sealer('gist1', readPrivateKey(site.files.boxKey('koren')), boot);
      await deliver(other.seal(detection()));
      await refusedBecause(/is the key of koren/);
    });

    it('a detection of which one byte was changed', async () => {
      const sealed = gist1().seal(detection());
      await deliver({ ...sealed, body: sealed.body.replace('203.0.113.7', '203.0.113.8') });
      await refusedBecause(/^wrong signature/);
      expect((await api.detections()).some((d) => d.detection.flow.remote === '203.0.113.8')).toBe(false);
    });

    it('another message under a number that was used; the same one again is no harm', async () => {
      const sealer = gist1();
      const first = sealer.seal(detection());
      const before = (await api.deadLetters()).length;
      await deliver(first);
      await waitFor('the first', async () => (await api.detections()).some((d) => d.detection.id === `gist1:forged:${seq}`));
      await deliver(first);
      await waitFor('an empty queue', async () => (await queue.depth()) === 0);
      expect(await api.deadLetters()).toHaveLength(before);
      await deliver(gist1().seal(detection())); // a new sealer of the same run begins at 1 again
      await refusedBecause(/^old seq: number 1 of gist1/);
    });

    it('a detection that does not decode, and one that speaks for another box', async () => {
      const sealer = new Sealer('gist1', readPrivateKey(site.files.boxKey('gist1')), newBoot());
      await deliver(sealer.seal({ ...detection(), packets: 'many' }));
      await refusedBecause(/^body does not decode: packets/);
      await deliver(sealer.seal(detection({ box: 'gist2' })));
      await refusedBecause(/^gist1 speaks for gist2/);
      await queue.add('nonsense', { nonsense: true });
      await refusedBecause(/^no envelope/);
    });
  });

  describe('by a tracer', () => {
    const send = (e: Envelope): Promise<unknown> => redis.xadd(redisKeys.listChanges('watch'), '*', 'e', JSON.stringify(e));
    const change = { kind: 'change', list: 'watch', version: 9e15, base: 1, watch: [], drop: [], remove: [] };

    it('a list that a stranger signed', async () => {
      await send(new Sealer('bridge-1', generateKeyPairSync('ed25519').privateKey, newBoot()).seal(change));
      await refusedBecause(/^wrong key/, 'box');
    });

    it('a list of which one byte was changed', async () => {
      const sealed = new Sealer('bridge-2', readPrivateKey(site.files.bridgeKey('bridge-2')), newBoot()).seal(change);
      await send({ ...sealed, body: sealed.body.replace('change', 'chance') });
      await refusedBecause(/^wrong signature/, 'box');
    });

    it('a message that was played before', async () => {
      const [[, fields]] = (await redis.xrevrange(redisKeys.listChanges('watch'), '+', '-', 'COUNT', 1)) as [[string, string[]]];
      const sealer = new Sealer('bridge-2', readPrivateKey(site.files.bridgeKey('bridge-2')), newBoot());
      const nudge = sealer.seal({ ...change, version: 1, base: 1 });
      await send(nudge);
      await send(nudge);
      await refusedBecause(/^old seq: 1 came after 1/, 'box');
      expect(fields).toContain('e');
    });
  });

  describe('by the API', () => {
    const told = async (request: Promise<unknown>): Promise<{ status: number; detail: string }> => {
      const error = await request.then(
        () => undefined,
        (e: unknown) => e,
      );
      if (!isAxiosError<{ detail: string }>(error) || error.response === undefined) throw new Error('it was not refused', { cause: error });
      expect(error.response.headers['content-type']).toMatch(/^application\/problem\+json/);
      return { status: error.response.status, detail: error.response.data.detail };
    };
    const mitigation = { target: { prefix: '203.0.113.9' }, actions: ['drop-flow' as const], ttlSeconds: 60, reason: 'test' };

    it('a wrong token, and none', async () => {
      const bare = axios.create({ baseURL: api.url, proxy: false });
      expect(await told(bare.get('/api/v1/mitigations'))).toEqual({
        status: 401,
        detail: expect.stringMatching(/send the API token/) as string,
      });
      expect(await told(bare.get('/api/v1/mitigations', { headers: { authorization: 'Bearer wrong' } }))).toMatchObject({ status: 401 });
    });

    it('malformed indicators, each by its path', async () => {
      const add = (indicator: object) =>
        told(api.http.post('/api/v1/indicators', { requestId: requestId(), feed: 'test', indicators: [indicator] }));
      expect(await add({ prefix: '198.51.100.300' })).toEqual({
        status: 400,
        detail: expect.stringMatching(/^indicators\.0\.prefix: must be an IP address/) as string,
      });
      expect(await add({ prefix: '198.51.100.1/24' })).toMatchObject({ status: 400 });
      expect(await add({ prefix: '198.51.100.1', port: 65_536 })).toMatchObject({
        status: 400,
        detail: expect.stringMatching(/indicators\.0\.port/) as string,
      });
      expect(await add({ prefix: '198.51.100.1', proto: 1, port: 80 })).toMatchObject({
        status: 400,
        detail: expect.stringMatching(/has no ports/) as string,
      });
      expect(await add({ prefix: '198.51.100.1', sort: 'c2' })).toMatchObject({
        status: 400,
        detail: expect.stringMatching(/is not a known property/) as string,
      });
    });

    it('a device that does not exist, a box that does not exist, and what is never blocked', async () => {
      expect(await told(api.create({ ...mitigation, places: [{ box: 'gist1', device: 'of:00000000000000ff' }] }))).toEqual({
        status: 422,
        detail: 'places: of:00000000000000ff is no device of gist1',
      });
      expect(await told(api.create({ ...mitigation, places: [{ box: 'gist9' }] }))).toMatchObject({ status: 422 });
      expect(await told(api.create({ ...mitigation, target: { prefix: '10.255.0.10' } }))).toMatchObject({
        status: 422,
        detail: expect.stringMatching(/never blocked/) as string,
      });
      expect(await told(api.create({ ...mitigation, target: { prefix: '198.0.0.0/8' } }))).toMatchObject({
        status: 422,
        detail: expect.stringMatching(/wider/) as string,
      });
      expect(await told(api.mitigation('m-none'))).toEqual({ status: 404, detail: 'there is no mitigation m-none' });
      expect(await api.mitigations('&live=true')).toEqual([]);
    });

    it('the same request twice makes one mitigation; another one of the same target is a conflict', async () => {
      const request = { requestId: requestId(), ...mitigation };
      const [first, again] = await Promise.all([
        api.http.post<{ id: string }>('/api/v1/mitigations', request),
        api.http.post<{ id: string }>('/api/v1/mitigations', request),
      ]);
      expect(again.data.id).toBe(first.data.id);
      expect(await told(api.create(mitigation))).toMatchObject({ status: 409 });
    });

    it('describes itself: OpenAPI 3.1 from the codecs', async () => {
      const { data } = await api.http.get<{
        openapi: string;
        paths: Record<string, unknown>;
        components: { schemas: Record<string, unknown> };
      }>('/api/openapi.json');
      expect(data.openapi).toBe('3.1.0');
      expect(Object.keys(data.paths)).toEqual(
        expect.arrayContaining(['/api/v1/mitigations', '/api/v1/mitigations/{id}', '/api/v1/indicators']),
      );
      expect(data.components.schemas).toHaveProperty('MitigationRequest');
    });
  });
});
