// What steer.mjs and bgp.mjs share: ONOS' REST as user ONOS_USER, and waiting for a condition until a deadline.
/* global fetch, AbortSignal, setInterval, clearInterval */
import { setTimeout as sleep } from 'node:timers/promises';

/** `call(method, path, body)` under /onos/v1, or under /onos where `path` begins with a slash; the answer's JSON, null where there is none. @throws on any status but 2xx. */
export function onosAt(url) {
  const auth = `Basic ${Buffer.from(`${process.env.ONOS_USER}:${process.env.ONOS_PASSWORD}`).toString('base64')}`;
  return async (method, path, body) => {
    const answer = await fetch(`${url}/onos${path.startsWith('/') ? path : `/v1/${path}`}`, {
      method,
      headers: { authorization: auth, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
    return text === '' ? null : JSON.parse(text);
  };
}

/** `until(what, check)`: repeats `check` until it says null; at the deadline throws what it said (or threw) last. */
export function untilDeadline(seconds) {
  const deadline = Date.now() + seconds * 1000;
  return async (what, check) => {
    for (;;) {
      let why;
      try {
        why = await check();
        if (why === null) return;
      } catch (error) {
        why = error.message;
      }
      if (Date.now() > deadline) throw new Error(`${what}: ${why}`);
      await sleep(200);
    }
  };
}

/** Runs `work`, says on standard error why it failed, and sets the exit code. */
export async function main(work) {
  const awake = setInterval(() => {}, 1000); // fetch's own timeout does not keep the process alive
  try {
    await work();
  } catch (error) {
    console.error(`lab: ${error.message}`);
    process.exitCode = 1;
  } finally {
    clearInterval(awake);
  }
}
