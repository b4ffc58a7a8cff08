import { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectRedis } from './redis.js';
import { watchConnection, type Watched } from './watchdog.js';

class FakeConnection extends EventEmitter implements Watched {
  status = 'ready';
  stream = { bytesRead: 0, destroyed: 0, destroy: () => (this.stream.destroyed += 1) };
  pings = 0;
  answers = true;
  ping(): Promise<unknown> {
    this.pings += 1;
    if (!this.answers) return new Promise(() => undefined);
    this.stream.bytesRead += 7;
    return Promise.resolve('PONG');
  }
}

describe('watchConnection', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('leaves a connection alone that answers, however idle', async () => {
    const redis = new FakeConnection();
    watchConnection(redis);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(redis.pings).toBeGreaterThan(20);
    expect(redis.stream.destroyed).toBe(0);
  });

  it('ends one on which nothing comes, within ten seconds', async () => {
    const redis = new FakeConnection();
    redis.answers = false;
    watchConnection(redis);
    await vi.advanceTimersByTimeAsync(7_000);
    expect(redis.stream.destroyed).toBe(0);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(redis.stream.destroyed).toBe(1);
    expect(redis.pings).toBe(1);
  });

  it('waits while bytes come: a read that blocks holds the answer back', async () => {
    const redis = new FakeConnection();
    redis.answers = false;
    watchConnection(redis);
    for (let i = 0; i < 20; i++) {
      redis.stream.bytesRead += 5;
      await vi.advanceTimersByTimeAsync(2_000);
    }
    expect(redis.stream.destroyed).toBe(0);
  });

  it('ends one that never gets past its first commands, and none that is not there', async () => {
    const redis = new FakeConnection();
    redis.status = 'connect';
    watchConnection(redis);
    await vi.advanceTimersByTimeAsync(11_000);
    expect(redis.stream.destroyed).toBe(1);
    redis.status = 'reconnecting';
    await vi.advanceTimersByTimeAsync(60_000);
    expect(redis.stream.destroyed).toBe(1);
    expect(redis.pings).toBe(0);
    redis.emit('end');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('connectRedis', () => {
  let server: Server;
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('asks again over another connection when the first one falls silent', async () => {
    let mute = true; // the first connection: it takes commands and never says a word
    server = createServer((socket) => {
      sockets.push(socket);
      const silent = mute;
      mute = false;
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        if (silent) return;
        for (const [, n, name] of data.toString().matchAll(/\*(\d+)\r\n\$\d+\r\n(\w+)\r\n/g))
          socket.write(Number(n) > 0 && name === 'info' ? '$9\r\nloading:0\r\n' : name === 'get' ? '$2\r\nhi\r\n' : '+OK\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const redis = connectRedis(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`, () => undefined);
    try {
      expect(await redis.get('x')).toBe('hi');
      expect(sockets).toHaveLength(2);
    } finally {
      redis.disconnect();
    }
  }, 20_000);
});
