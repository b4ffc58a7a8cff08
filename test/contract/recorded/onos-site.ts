import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from '../../lab/lab.js';
import { inNetns, run } from '../../lab/run.js';
import type { LinkName } from './comparable.js';

export interface Reply {
  readonly status: number;
  readonly location: string | null;
  readonly ctype: string | null;
  readonly text: string;
}

/** An ONOS on the lab, real or embedded, and the means to bring about what was recorded. */
export class OnosSite {
  /** Recorded ids and what they are here. */
  private readonly ids = new Map<string, string>();

  constructor(readonly lab: Lab) {}

  /** As it stands: nothing is encoded or decoded. `auth`: `user:password`, null = none. */
  async send(
    method: string,
    path: string,
    body?: string,
    auth: string | null = 'onos:rocks',
    contentType = 'application/json',
  ): Promise<Reply> {
    const answer = await fetch(`${this.lab.onosUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json', // else Jetty's own answers are HTML
        ...(auth !== null && { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
        ...(body !== undefined && { 'content-type': contentType }),
      },
      ...(body !== undefined && { body }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await answer.text();
    return { status: answer.status, location: answer.headers.get('location'), ctype: answer.headers.get('content-type'), text };
  }
  async tell(method: string, path: string, body?: unknown): Promise<Reply> {
    const reply = await this.send(method, path, body === undefined ? undefined : JSON.stringify(body));
    if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${reply.text.slice(0, 200)}`);
    return reply;
  }
  async get(path: string): Promise<unknown> {
    return JSON.parse((await this.tell('GET', path)).text);
  }

  learn(recordedId: string, id: string): void {
    this.ids.set(recordedId, id);
  }
  private linkPort(from: number, to: number): string {
    const { ports } = this.lab.box(from);
    return String(ports.find(({ kind, peer }) => kind !== 'ns' && peer === this.lab.box(to).id)?.ofport);
  }
  /** A path or a body with the ids of this run and the link ports of this lab. */
  here(text: string): string {
    const ports = text.replace(/(?<="OUTPUT", ?"port": ?")1([1-4])(?=")/g, (_, n: string) => this.linkPort(1, Number(n)));
    return ports.replace(/(?<=[/"])(0x[\da-f]+|\d{5,})(?=["/?]|$)/g, (id) => this.ids.get(id) ?? id);
  }

  /** For what this ONOS says. */
  readonly linkName: LinkName = (device, port) => {
    const wire = this.lab.boxes
      .find((box) => box.device === device)
      ?.ports.find(({ ofport, kind }) => kind !== 'ns' && String(ofport) === port);
    return wire && `to-${this.lab.box(wire.peer).dpid}`;
  };
  /** For what was recorded: port 1N led to bridge N. */
  static readonly recordedLinkName: LinkName = (_, port) => /^1[1-4]$/.exec(port)?.[0].replace('1', 'to-');

  async until(what: string, holds: () => Promise<boolean>, seconds = 15): Promise<void> {
    const end = Date.now() + seconds * 1_000;
    while (!(await holds().catch(() => false))) {
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
      await sleep(50);
    }
  }
  async intentState(app: string, key: string): Promise<string | undefined> {
    const { status, text } = await this.send('GET', `/onos/v1/intents/${app}/${encodeURIComponent(key)}`);
    return status === 200 ? (JSON.parse(text) as { state: string }).state : undefined;
  }
  async links(): Promise<number> {
    return ((await this.get('/onos/v1/links')) as { links: unknown[] }).links.length;
  }
  async devices(): Promise<number> {
    const { devices } = (await this.get('/onos/v1/devices')) as { devices: { available: boolean }[] };
    return devices.filter(({ available }) => available).length;
  }

  vsctl(box: string, ...args: string[]): Promise<unknown> {
    return run(['ovs-vsctl', '--timeout=20', `--db=unix:${this.lab.box(box).rundir}/db.sock`, ...args], { check: true });
  }
  /** Until `lab.restartSwitch`. */
  async stopSwitch(box: string): Promise<void> {
    const { rundir, namespace } = this.lab.box(box);
    await run(inNetns(this.lab.netnsPath(namespace), ['sh', '-c', `kill -9 $(cat ${rundir}/vswitchd.pid)`]), { check: true });
  }
}
