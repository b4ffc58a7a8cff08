import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProblemFilter } from '@guardpost/platform';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import { OnDemandCaptures } from '../capture/on-demand/on-demand.js';
import { TracerModule } from './tracer.module.js';

const TOKEN = '0123456789abcdef';

describe('captures over HTTP', () => {
  const folder = mkdtempSync(join(tmpdir(), 'captures-'));
  let app: INestApplication | undefined;
  afterEach(async () => {
    await app?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(token: string | undefined): Promise<string> {
    const captures = new OnDemandCaptures({
      folder,
      maxima: { packets: 10, bytes: 1 << 20, seconds: 60, snapLength: 1_500, running: 1, diskBytes: 1 << 30 },
      interfaces: () => [{ name: 'eth1', ifindex: 3 }],
      open: () => ({ listen: () => undefined, finish: () => Promise.resolve(), dropped: () => [0], close: () => undefined }),
      nowNs: () => 1_700_000_000_000_000_000n,
    });
    app = await NestFactory.create(
      TracerModule.with(() => [], captures, token),
      { logger: false },
    );
    app.useGlobalFilters(new ProblemFilter());
    await app.listen(0, '127.0.0.1');
    return await app.getUrl();
  }
  const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });

  it('are started, seen, stopped, read and removed', async () => {
    const url = `${await serve(undefined)}/captures`;
    expect((await post(url, { packets: 11 })).status).toBe(400);
    const refused = await post(url, { address: '10.0.0.1/8', colour: 'red' });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([400, expect.stringContaining('application/problem+json')]);
    const answer = await post(url, { address: '198.51.100.7', port: 443, detection: 'gist1:b:1' });
    expect(answer.status).toBe(201);
    const { id } = (await answer.json()) as { id: string };
    expect((await post(url, {})).status).toBe(409);
    expect((await fetch(`${url}/${id}/file`)).status).toBe(409);
    expect(await (await post(`${url}/${id}/stop`, {})).json()).toMatchObject({ id, state: 'done', endedBy: 'stopped' });
    expect(await (await fetch(url)).json()).toMatchObject({ items: [{ id }] });
    const file = await fetch(`${url}/${id}/file`);
    expect(file.headers.get('content-type')).toBe('application/x-pcapng');
    expect(Buffer.from(await file.arrayBuffer()).readUInt32LE(0)).toBe(0x0a0d0d0a);
    expect((await fetch(`${url}/${id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${url}/${id}`)).status).toBe(404);
    expect((await fetch(`${url}/..%2fspool/file`)).status).toBe(404);
  });

  it('need the token where there is one; health does not', async () => {
    const url = await serve(TOKEN);
    expect((await fetch(`${url}/captures`)).status).toBe(401);
    expect((await post(`${url}/captures`, {}, { authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await post(`${url}/captures`, {}, { authorization: `Bearer ${TOKEN}` })).status).toBe(201);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  it('are not for a page whose name leads here', async () => {
    const { port } = new URL(await serve(undefined));
    const status = await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/captures', headers: { host: `evil.example:${port}` } }, (res) => {
        res.resume();
        resolve(res.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});
