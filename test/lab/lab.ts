import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { join, resolve } from 'node:path';
import { readSessions, type BgpSession } from './bgp-session.js';
import {
  readLabDescription,
  type LabBgp,
  type LabBox,
  type LabDescription,
  type LabGateway,
  type LabHost,
  type LabPrefix,
  type LabRouter,
} from './lab-description.js';
import { parseFlows, type LabFlow } from './parse-flows.js';
import { inNetns, run, spawnInNetns, type ExecOptions, type ExecResult } from './run.js';

export type { BgpSession } from './bgp-session.js';
export type { LabBgp, LabBox, LabGateway, LabHost, LabPort, LabPrefix, LabRouter, LabSpeaker } from './lab-description.js';
export type { LabFlow } from './parse-flows.js';
export type { ExecOptions, ExecResult } from './run.js';

const SCRIPT = fileURLToPath(new URL('lab.sh', import.meta.url));
const DEFAULT_DIR = fileURLToPath(new URL('../../.state/lab', import.meta.url));
const UP_TIMEOUT_MS = 300_000;

export interface LabOptions {
  /** Prefix of every namespace; labs of different names stand side by side. @defaultValue GUARDPOST_LAB or `gp` */
  readonly name?: string;
  /** Folder in which the lab's own folder stands. @defaultValue GUARDPOST_LAB_DIR or `.state/lab` */
  readonly dir?: string;
  /** false: boxes and Redis only, nothing is forwarded. @defaultValue what ONOS says, else `real` where there is one, else `embedded` */
  readonly onos?: boolean | 'real' | 'embedded';
}

/** The four-box playground; lab.sh does the work, README.md has the picture. */
export class Lab {
  private constructor(
    private readonly env: NodeJS.ProcessEnv,
    readonly description: LabDescription,
  ) {}

  /** Brings the lab up, or mends and uses the one of that name that is up already. Takes about 30 s cold, 0.5 s when it is up. */
  static async up(options: LabOptions = {}): Promise<Lab> {
    const { env } = place(options);
    if (typeof options.onos === 'string') env['ONOS'] = options.onos;
    await run([SCRIPT, 'up', ...(options.onos === false ? ['--no-onos'] : [])], { env, check: true, timeoutMs: UP_TIMEOUT_MS });
    return Lab.attach(options.name, options.dir);
  }

  /** @throws when no lab of that name is up */
  static async attach(name?: string, dir?: string): Promise<Lab> {
    const at = place({ ...(name !== undefined && { name }), ...(dir !== undefined && { dir }) });
    return new Lab(at.env, await readLabDescription(join(at.folder, 'lab.json')));
  }

  get name(): string {
    return this.description.name;
  }
  /** The lab's folder: lab.json, pid files, logs. Goes with `down`. */
  get dir(): string {
    return this.description.dir;
  }
  get boxes(): readonly LabBox[] {
    return this.description.boxes;
  }
  get hosts(): readonly LabHost[] {
    return this.description.hosts;
  }
  /** The namespace behind which the world lies: malicious, benign and free addresses. */
  get gateway(): LabGateway {
    return this.description.gateway;
  }
  /** The speaker and the routers of other ASes, with their prefixes: who there is once `startBgp` was called. */
  get bgp(): LabBgp {
    return this.description.bgp;
  }
  /** As the root namespace sees it, user `onos`, password `rocks`. @throws in a lab without ONOS */
  get onosUrl(): string {
    return this.need(this.description.onosUrl);
  }
  /** As the root namespace sees it. */
  get redisUrl(): string {
    return this.description.redisUrl;
  }
  /** The same two as `ctl` and the boxes see them. */
  get inside(): { readonly redisUrl: string; readonly onosUrl: string } {
    const { redisUrl, onosUrl } = this.description.inside;
    return { redisUrl, onosUrl: this.need(onosUrl) };
  }

  /** By id (`gist1`), dpid or device id. @throws when there is none */
  box(key: string | number): LabBox {
    return found(
      this.boxes.find((box) => box.id === key || box.dpid === key || box.device === key),
      `box ${key}`,
    );
  }
  /** By name (`koren-h1`). @throws when there is none */
  host(name: string): LabHost {
    return found(
      this.hosts.find((host) => host.name === name),
      `host ${name}`,
    );
  }

  /** By name (`koren-router`). @throws when there is none */
  router(name: string): LabRouter {
    return found(
      this.bgp.routers.find((router) => router.name === name),
      `router ${name}`,
    );
  }

  /** Of `gw`, `ctl`, a box's id or a host's name, with or without the lab's prefix; for `nsenter --net=`. */
  netnsPath(ns: string): string {
    return `/run/netns/${ns.startsWith(`${this.name}-`) ? ns : `${this.name}-${ns}`}`;
  }
  /** Runs a command in a namespace to its end; throws on a code other than 0 only if asked to (`check`). */
  exec(ns: string, command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return run(inNetns(this.netnsPath(ns), command), options);
  }
  /** Starts a command in a namespace. `down` ends what is still running. */
  spawn(ns: string, command: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawnInNetns(this.netnsPath(ns), command, options);
  }

  /** The rules of the box's ONOS bridge, read from the switch itself. */
  async flows(box: LabBox | string): Promise<LabFlow[]> {
    const { id, bridge } = typeof box === 'string' ? this.box(box) : box;
    return parseFlows((await this.script('of', id, 'dump-flows', bridge)).stdout);
  }

  /** A port of 127.0.0.1 in the root namespace (0: a free one) that leads to `unix:/path` or to `tcp:host:port` as ctl sees it. Returns the port. */
  async relay(fromRootPort: number, target: string): Promise<number> {
    return Number((await this.script('relay', String(fromRootPort), target)).stdout.trim());
  }

  /** Restarts the box's ovs-vswitchd and waits until ONOS has put its rules and links back. */
  async restartSwitch(box: LabBox | string, signal: 'TERM' | 'KILL' = 'TERM'): Promise<void> {
    await this.script('restart', typeof box === 'string' ? box : box.id, signal);
    await this.settle();
  }
  /** Waits until ONOS has all devices, links and hosts and everyone is reached by the direct path. */
  async settle(): Promise<void> {
    await this.script('steer');
  }
  async stopOnos(signal: 'TERM' | 'KILL' = 'TERM'): Promise<void> {
    await this.script('onos-stop', signal);
  }
  /** A clean ONOS: it forgets everything but what the lab tells it. Waits as `settle` does. */
  async startOnos(): Promise<void> {
    await this.script('onos-start');
  }
  async killRedis(signal: 'TERM' | 'KILL' = 'KILL'): Promise<void> {
    await this.script('redis-kill', signal);
  }
  /** With the data that its append-only file holds. */
  async startRedis(): Promise<void> {
    await this.script('redis-start');
  }

  /** Why `startBgp` can't work here (no FRR, no ONOS that speaks BGP), in one line; undefined where it can. */
  async bgpMissing(): Promise<string | undefined> {
    return (await this.script('bgp-missing')).stdout.trim() || undefined;
  }
  /**
   * Starts FRR as speaker and routers and tells ONOS of them; returns when every session is established, every prefix is an INSTALLED intent
   * of SDN-IP and all routers reach each other's prefixes. Safe to repeat: so also after `startOnos`, which itself waits for the sessions only.
   */
  async startBgp(): Promise<void> {
    await this.script('bgp-up');
  }
  /** Everything as before `startBgp`: no daemons, no addresses; in ONOS no configuration, intents and hosts of theirs. Safe to repeat. */
  async stopBgp(): Promise<void> {
    await this.script('bgp-down');
  }
  /** `router` announces `prefix` and answers at the address that is returned. SDN-IP's intent comes later: wait for it. Ends with `stopBgp`. */
  async announce(router: LabRouter | string, prefix: string): Promise<LabPrefix> {
    const { stdout } = await this.script('announce', typeof router === 'string' ? router : router.name, prefix);
    return { prefix, address: stdout.trim() };
  }
  /** Also for a prefix that `startBgp` announces; `announce` brings it back. */
  async unannounce(router: LabRouter | string, prefix: string): Promise<void> {
    await this.script('unannounce', typeof router === 'string' ? router : router.name, prefix);
  }
  /** Every session seen from each of its ends in the lab: state, since when, how often lost. */
  async bgpUptimes(): Promise<BgpSession[]> {
    const asked = [this.bgp.speaker, ...this.bgp.routers].map(async ({ name }) =>
      readSessions(name, (await this.script('vtysh', name, '-c', 'show bgp neighbors json')).stdout, this.bgp),
    );
    return (await Promise.all(asked)).flat();
  }
  /** Pings from a router's namespace (or any other) to `address`, from `source`: one that the other side knows a way to. Returns how many were answered. */
  async ping(from: LabRouter | string, source: string, address: string, count = 1): Promise<number> {
    const command = ['ping', '-q', `-c${count}`, '-i0.05', '-W1', '-I', source, address];
    const { stdout } = await this.exec(typeof from === 'string' ? from : from.namespace, command);
    return Number(/(\d+) received/.exec(stdout)?.[1] ?? 0);
  }

  /** Takes everything away, also what was started inside the namespaces. Safe to repeat. */
  async down(): Promise<void> {
    await this.script('down');
  }

  private script(...args: string[]): Promise<ExecResult> {
    return run([SCRIPT, ...args], { env: this.env, check: true, timeoutMs: UP_TIMEOUT_MS });
  }
  private need(url: string | null): string {
    if (url === null) throw new Error(`lab ${this.name} was brought up without ONOS`);
    return url;
  }
}

function place(options: LabOptions): { folder: string; env: NodeJS.ProcessEnv } {
  const name = options.name ?? process.env['GUARDPOST_LAB'] ?? 'gp';
  const dir = resolve(options.dir ?? process.env['GUARDPOST_LAB_DIR'] ?? DEFAULT_DIR);
  return { folder: join(dir, name), env: { GUARDPOST_LAB: name, GUARDPOST_LAB_DIR: dir } };
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the lab has no ${what}`);
  return value;
}
