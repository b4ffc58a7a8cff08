import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recorded } from '../fixtures/onos/recorded.js';
import { Lab } from '../lab/lab.js';
import { bodyText, CALLS, type RecordedCall } from './recorded/calls.js';
import { comparable, shape } from './recorded/comparable.js';
import { LEFT_OUT, leftOut } from './recorded/left-out.js';
import { OnosSite, type Reply } from './recorded/onos-site.js';
import { AFTER, BEFORE, prepare, restore } from './recorded/scenario.js';

/**
 * The calls that were recorded from a running ONOS 2.7.0, told again in their order to the embedded ONOS, and to the real one where the
 * project's lab has one. Where the two differ the embedded one is wrong.
 */
const cases = CALLS.filter((call) => leftOut(call) === undefined);
const sharedLab =
  process.env['ONOS_URLS'] === undefined ? undefined : await Lab.attach(process.env['GUARDPOST_TEST_LAB'] ?? 'gpt').catch(() => undefined);
const real = sharedLab !== undefined && sharedLab.description.onosMode !== 'embedded';

/** Not every answer can be the recorded one: other ports, other counts. */
const MANNER: Readonly<Record<string, 'shape' | 'subset'>> = {
  'device-ports': 'shape',
  'link-down-ports': 'shape',
  'statistics-ports': 'shape',
  system: 'shape',
  applications: 'shape',
  'flows-pending': 'shape', // at the moment of a poll there are none
  'applications-ids': 'subset', // a name gets its number when it is first used
};

describe('what was recorded', () => {
  it('is a case or is left out with a reason', () => {
    expect(CALLS.length).toBeGreaterThan(190);
    for (const call of CALLS) expect(cases.includes(call) || (leftOut(call) ?? '') !== '').toBe(true);
    expect(Object.keys(LEFT_OUT).filter((name) => !CALLS.some((call) => call.name === name))).toEqual([]);
  });
});

suite(
  'the embedded ONOS',
  true,
  () => Lab.up({ name: 'gpe', onos: 'embedded' }),
  (lab) => lab.down(),
);
suite(
  real ? 'a real ONOS' : 'a real ONOS (skipped: no ONOS_URLS, or they name the embedded one)',
  real,
  () => Promise.resolve(sharedLab!),
  () => Promise.resolve(),
);

function suite(title: string, runs: boolean, up: () => Promise<Lab>, down: (lab: Lab) => Promise<void>): void {
  describe.runIf(runs)(`${title}`, () => {
    let site: OnosSite;
    beforeAll(async () => {
      site = new OnosSite(await up());
      await prepare(site);
    });
    afterAll(async () => {
      await restore(site);
      await down(site.lab);
    });

    it.each(cases.map((call) => ({ ...call, call })))('$name: $method $path', async ({ call }) => {
      await BEFORE[call.name]?.(site);
      if (call.method === 'GET') {
        // What was asked for before may still be under way; the recording waited as well.
        await expect
          .poll(async () => answerOf(call, await tell(site, call), site), { timeout: 12_000, interval: 50 })
          .toEqual(expected(call));
      } else {
        const reply = await tell(site, call);
        expect(answerOf(call, reply, site)).toEqual(expected(call));
        learn(site, call, reply);
      }
      await AFTER[call.name]?.(site);
    });
  });
}

function tell(site: OnosSite, call: RecordedCall): Promise<Reply> {
  const body = bodyText(call);
  const contentType = call.status === 415 ? 'text/plain' : 'application/json';
  return site.send(call.method, site.here(call.path), body === undefined ? undefined : site.here(body), call.auth, contentType);
}

interface Seen {
  readonly status: number;
  readonly location: string | null;
  readonly json: boolean;
  readonly body: unknown;
}
const place = (location: string | null): string | null =>
  location?.replace(/^https?:\/\/[^/]+/, '').replace(/\/(0x[\da-f]+|\d+)$/, '/ID') ?? null;
const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

function expected(call: RecordedCall): Seen {
  const body = call.file === null ? undefined : parsed(recorded(call.file));
  const common = { status: call.status, location: place(call.location), json: call.ctype === 'application/json' };
  const manner = MANNER[call.name];
  return { ...common, body: manner === 'shape' ? shape(body) : comparable(body, OnosSite.recordedLinkName) };
}

function answerOf(call: RecordedCall, reply: Reply, site: OnosSite): Seen {
  const json = call.ctype === 'application/json' && (reply.ctype ?? '').startsWith('application/json');
  const common = { status: reply.status, location: place(reply.location), json };
  const body = call.file === null ? undefined : parsed(reply.text);
  const here = comparable(body, site.linkName);
  switch (MANNER[call.name]) {
    case 'shape':
      return { ...common, body: settle(call, shape(body)) };
    case 'subset':
      return { ...common, body: among(here, expected(call).body) };
    default:
      return { ...common, body: here };
  }
}

/** An empty list has every shape. */
function settle(call: RecordedCall, seen: unknown): unknown {
  const flows = call.name === 'flows-pending' && (seen as { flows?: unknown[] }).flows;
  return Array.isArray(flows) && flows.length === 0 ? expected(call).body : seen;
}

/** Of each list only what was recorded too. */
function among(seen: unknown, wanted: unknown): unknown {
  const lists = wanted as Record<string, unknown[]>;
  return Object.fromEntries(
    Object.entries(seen as Record<string, unknown[]>).map(([name, list]) => [name, list.filter((one) => lists[name]?.includes(one))]),
  );
}

/** The ids that ONOS gave this time. */
function learn(site: OnosSite, call: RecordedCall, reply: Reply): void {
  const last = (location: string | null): string | undefined => location?.split('/').at(-1);
  const [before, now] = [last(call.location), last(reply.location)];
  if (before !== undefined && now !== undefined) {
    const hex = call.path === '/onos/v1/intents';
    site.learn(hex ? `0x${Number(before).toString(16)}` : before, hex ? `0x${Number(now).toString(16)}` : now);
  }
  if (call.file === null || call.status !== 200 || call.method !== 'POST' || !call.path.startsWith('/onos/v1/flows')) return;
  const refs = (text: string): { flowId: string }[] => (JSON.parse(text) as { flows: { flowId: string }[] }).flows;
  for (const [i, { flowId }] of refs(recorded(call.file)).entries()) site.learn(flowId, refs(reply.text)[i]?.flowId ?? flowId);
}
