import type { MitigationDetail } from '@guardpost/contracts';
import { expect } from 'vitest';
import type { Lab } from '../lab/lab.js';
import type { Api } from './api.js';
import { LongPing } from './hosts.js';
import { waitFor } from './wait-for.js';

/** Our rules in a box's bridge: those that drop, in the band between routes and BGP. */
export const dropRules = async (lab: Lab, box: string) =>
  (await lab.flows(box)).filter((f) => f.actions === 'drop' && f.priority >= 741 && f.priority <= 999);

/** One call of ONOS' own REST, as somebody else would make it. Undefined where the answer has no body. */
export async function askOnos(lab: Lab, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
  const { onosUser, onosPassword } = lab.description;
  const authorization = `Basic ${Buffer.from(`${onosUser}:${onosPassword}`).toString('base64')}`;
  // Not axios: of a POST without a body it says that it is a form, which ONOS refuses.
  const answer = await fetch(`${lab.onosUrl}/onos/v1${path}`, {
    method,
    headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** `ovs-ofctl` on a box's own bridge, as somebody at the box would use it. */
export const ofctl = (lab: Lab, box: string, ...args: string[]) =>
  lab.exec(box, ['ovs-ofctl', '-O', 'OpenFlow13', ...args], { check: true, env: { ...process.env, OVS_RUNDIR: lab.box(box).rundir } });

/** What ONOS holds under our name and is not about to remove, counters and age aside, and whether all of it is in the switches by its own account. */
export async function heldByOnos(lab: Lab): Promise<{ rules: string[]; added: boolean }> {
  type Entry = { deviceId: string; priority: number; state: string; selector: { criteria: unknown[] } };
  const { flows } = (await askOnos(lab, 'GET', '/flows/application/org.guardpost').catch((error: Error) => {
    if (error.message.includes(' 404 ')) return { flows: [] }; // it never heard of us
    throw error;
  })) as { flows: Entry[] };
  const held = flows.filter((f) => !['PENDING_REMOVE', 'REMOVED'].includes(f.state));
  const rules = held.map((f) => `${f.deviceId} ${f.priority} ${JSON.stringify(f.selector.criteria)}`).sort();
  return { rules, added: held.every((f) => f.state === 'ADDED') };
}

/** Drop rules of all boxes' bridges, as text. */
export const allDropRules = async (lab: Lab): Promise<string[]> =>
  (await Promise.all(lab.boxes.map(async ({ id }) => (await dropRules(lab, id)).map((r) => `${id} ${r.priority} ${r.match}`))))
    .flat()
    .sort();

/** `ovs-vsctl` of a box, as somebody at the box would use it. */
export const vsctl = (lab: Lab, box: string, ...args: string[]) =>
  lab.exec(box, ['ovs-vsctl', `--db=unix:${lab.box(box).rundir}/db.sock`, ...args], { check: true });

/**
 * Takes a box's switch away from ONOS: it goes on with the rules that it has. Another address in place of none: Open vSwitch forgets
 * its rules when it has no controller at all. Returns how to give it back.
 */
export async function takeAway(lab: Lab, box: string): Promise<() => Promise<void>> {
  const { bridge } = lab.box(box);
  const now = (await vsctl(lab, box, 'get-controller', bridge)).stdout.trim();
  const setTo = (target: string) =>
    vsctl(lab, box, 'set-controller', bridge, target, '--', 'set', 'controller', bridge, 'connection-mode=out-of-band', 'max_backoff=1000');
  await setTo('tcp:127.0.0.1:1');
  return async () => void (await setTo(now));
}

export const until = {
  /** The boxes hold the list that the bridge published last: what was just added is watched for. */
  async watched(api: Api, boxes?: readonly string[]): Promise<void> {
    let before = '';
    await waitFor(
      'the watch list on the boxes',
      async () => {
        const list = await api.indicators();
        const all = (await api.boxes()).filter((b) => boxes === undefined || boxes.includes(b.id));
        const versions = all.map((b) => b.heartbeat?.watchVersion ?? 0);
        const now = `${list.length} ${versions.join()}`;
        const same = new Set(versions).size === 1 && versions[0] !== 0 && now === before;
        before = now;
        return same;
      },
      { seconds: 20, everyMs: 1_200 },
    ); // heartbeats come once a second: two in a row that agree
  },
};

/** The mitigation of a target once all its placements are confirmed. */
export const blocked = (api: Api, prefix: string): Promise<MitigationDetail> =>
  waitFor(`${prefix} blocked`, async () => {
    const m = await api.mitigationOf(prefix);
    return m?.state === 'active' && m;
  });

export async function liftAll(api: Api): Promise<void> {
  for (const m of await api.mitigations('&live=true')) await api.lift(m.id, { muteSeconds: 0 });
  await waitFor('no live mitigation', async () => (await api.mitigations('&live=true')).length === 0, { seconds: 30 });
}

/** Back to where every test begins: nothing listed, nothing blocked, nothing in a switch. */
export async function calm(api: Api, lab: Lab): Promise<void> {
  await LongPing.stopAll();
  for (const { id } of await api.indicators()) await api.removeIndicator(id);
  await liftAll(api);
  await until.watched(api);
  for (const box of lab.boxes) expect(await dropRules(lab, box.id)).toEqual([]);
}
