import { randomBytes } from 'node:crypto';
import { AuditList, IntentResult, MitigationDetail, PortResult, RestoreResult } from '@guardpost/contracts';
import { isAxiosError } from 'axios';
import { isRight } from 'fp-ts/lib/Either.js';
import type * as t from 'io-ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../lab/lab.js';
import type { Api } from '../system/api.js';
import { LAB_NAME } from '../system/global-setup.js';
import { ping } from '../system/hosts.js';
import { askOnos, calm } from '../system/network.js';
import { Site } from '../system/site.js';
import { waitFor } from '../system/wait-for.js';

const missing = process.env['GUARDPOST_LAB_MISSING'] ?? '';
const APP = 'org.onosproject.cli';
const requestId = (): string => `req-${randomBytes(8).toString('hex')}`;

describe.skipIf(missing !== '')(`the network by hand ${missing}`, () => {
  let lab: Lab;
  let site: Site;
  let api: Api;
  beforeAll(async () => {
    lab = await Lab.attach(LAB_NAME);
    site = new Site(lab);
    api = await site.start();
    await calm(api, lab);
    await waitFor('ports in the inventory', async () => {
      const { data } = await api.http.get<{ total: number }>(`/api/v1/devices/${lab.box('skku').device}/ports`);
      return data.total > 0;
    });
  });
  afterAll(async () => {
    await calm(api, lab);
    await site.stop();
  });

  async function ask<A>(codec: t.Type<A, unknown>, path: string, body: object): Promise<A> {
    const { data } = await api.http.post<unknown>(`/api/v1${path}`, body);
    const decoded = codec.decode(data);
    if (isRight(decoded)) return decoded.right;
    throw new Error(`no ${codec.name}: ${JSON.stringify(data).slice(0, 300)}`);
  }
  async function refused(path: string, body: object): Promise<string> {
    const error: unknown = await api.http.post(`/api/v1${path}`, body).then(
      () => undefined,
      (e: unknown) => e,
    );
    if (!isAxiosError<{ detail?: string }>(error)) throw new Error(`${path} was not refused`);
    return `${error.response?.status} ${error.response?.data.detail}`;
  }
  const audit = async (): Promise<t.TypeOf<typeof AuditList>['items']> => {
    const decoded = AuditList.decode((await api.http.get<unknown>('/api/v1/audit')).data);
    if (isRight(decoded)) return decoded.right.items;
    throw new Error('no AuditList');
  };
  const at = (box: string, port: number): string => `${lab.box(box).device}/${port}`;
  const intent = (key: string, more: object = {}) => ({
    type: 'PointToPointIntent',
    key,
    criteria: [
      { type: 'ETH_TYPE', ethType: '0x0800' },
      { type: 'IPV4_DST', ip: '203.0.113.0/24' },
    ],
    ingress: [at('skku', 6)],
    egress: [at('gist1', 11)],
    ...more,
  });
  const path = (key: string, verb: string): string => `/intents/${APP}/${encodeURIComponent(key)}/${verb}`;

  it('submits an intent once for a request id, withdraws it, holds it, and gives it back as it was', async () => {
    const body = { requestId: requestId(), reason: 'test', intent: intent('by/hand') };
    const made = await ask(IntentResult, '/intents', body);
    expect(made).toMatchObject({
      audit: { outcome: 'done', what: 'intent.submit', subject: `${APP}/by/hand` },
      intent: { state: 'INSTALLED' },
    });
    expect(await ask(IntentResult, '/intents', body)).toMatchObject({ audit: made.audit, intent: { intentId: made.intent!.intentId } }); // the same intent id: it was not submitted again
    expect(await refused('/intents', { ...body, requestId: requestId() })).toMatch(/409 .*replace: true/);
    const rules = async (): Promise<string[]> =>
      (await lab.flows('skku'))
        .filter((f) => f.match.includes('nw_dst=203.0.113.0/24'))
        .map((f) => `${f.priority} ${f.match} ${f.actions}`);
    await waitFor('its rule', async () => (await rules()).length === 1);
    const before = await rules();

    expect(await refused(path('by/hand', 'withdraw'), { requestId: requestId(), reason: 'test', ttlSeconds: 60 })).toMatch(/400 prefix/);
    const held = await ask(MitigationDetail, path('by/hand', 'withdraw'), {
      requestId: requestId(),
      reason: 'test',
      ttlSeconds: 60,
      prefix: '203.0.113.0/24',
    });
    await waitFor('held', async () => (await api.mitigation(held.id)).state === 'active');
    expect((await rules()).filter((r) => !r.endsWith('drop'))).toEqual([]);
    expect(await refused('/intents', { requestId: requestId(), reason: 'test', intent: intent('by/hand') })).toMatch(
      /409 .*restore it first/,
    );

    const given = await ask(RestoreResult, path('by/hand', 'restore'), { requestId: requestId(), reason: 'test' });
    expect(given.mitigations.map((m) => m.id)).toEqual([held.id]);
    await waitFor('the lift', async () => (await api.mitigation(held.id)).state === 'lifted');
    expect(await rules()).toEqual(before);
    expect(await refused(path('by/hand', 'restore'), { requestId: requestId(), reason: 'test' })).toMatch(/404/);
    expect(await refused(path('by/hand', 'purge'), { requestId: requestId(), reason: 'test' })).toMatch(/409 .*INSTALLED/);
    await askOnos(lab, 'DELETE', `/intents/${APP}/by%2Fhand`);
    expect(await refused(path('by/hand', 'purge'), { requestId: requestId(), reason: 'test' })).toMatch(/404/);
    expect((await audit()).map((a) => a.what)).toEqual(
      expect.arrayContaining(['intent.submit', 'intent.withdraw', 'intent.restore', 'intent.purge']),
    );
  });

  it('refuses what would catch all, override drop rules, or reach nowhere', async () => {
    const ask = (more: object) => refused('/intents', { requestId: requestId(), reason: 'test', intent: intent('bad', more) });
    expect(await ask({ criteria: [] })).toMatch(/422 .*all traffic/);
    expect(await ask({ criteria: [{ type: 'IN_PORT', port: 6 }] })).toMatch(/422 .*all traffic/);
    expect(await ask({ priority: 900 })).toMatch(/400/);
    expect(await ask({ egress: [at('gist1', 4_711)] })).toMatch(/422 .*knows no port/);
    expect(await ask({ egress: ['gist1'] })).toMatch(/422 .*DEVICE\/PORT/);
    expect(await ask({ appId: 'org.onosproject.sdnip' })).toMatch(/422 .*SDN-IP/);
    expect(await ask({ criteria: [{ type: 'IPV4_DST', ip: 7 }] })).toMatch(/422 .*ip/);
    expect(await refused(path('bad', 'purge'), { requestId: requestId(), reason: 'test' })).toMatch(/404/);
  });

  it('turns a port off and on; one with a link only for somebody who names it twice', async () => {
    const host = { device: lab.box('koren').device, port: 6 };
    const state = (port: number, enabled: boolean, more: object = {}) =>
      ask(PortResult, `/devices/${host.device}/ports/${port}/state`, { requestId: requestId(), reason: 'test', enabled, ...more });
    expect((await state(host.port, false)).port).toMatchObject({ enabled: false });
    try {
      expect(await ping(lab, 'gist1-h1', lab.host('koren-h1').v4, 2)).toBe(0);
    } finally {
      expect((await state(host.port, true)).port).toMatchObject({ enabled: true });
    }
    await waitFor('the way back', async () => (await ping(lab, 'gist1-h1', lab.host('koren-h1').v4, 1)) === 1);
    const link = `/devices/${host.device}/ports/5/state`;
    expect(await refused(link, { requestId: requestId(), reason: 'test', enabled: false })).toMatch(/422 .*confirm/);
    expect(await refused(`/devices/${host.device}/ports/999/state`, { requestId: requestId(), reason: 'test', enabled: true })).toMatch(
      /404/,
    );
  });
});
