import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Lab } from '../lab/lab.js';
import { Api } from './api.js';
import { Service } from './process.js';
import { BRIDGE_PORT, BRIDGES, SiteFiles, type BridgeName, type SiteOptions } from './site-files.js';
import { waitFor } from './wait-for.js';

const app = (name: string): string => fileURLToPath(new URL(`../../apps/${name}/dist/main.js`, import.meta.url));

/** A tracer shares its box with others, so it gets less room for garbage: a flood leaves 174-196 MB resident instead of 225-338. */
const TRACER_FLAGS = ['--max-semi-space-size=4', '--max-old-space-size=256'];

/** Guardpost on the lab: a tracer on each box, a bridge or two beside ONOS and Redis. Built apps, real everything. */
export class Site {
  readonly files: SiteFiles;
  readonly tracers: ReadonlyMap<string, Service>;
  readonly bridges: ReadonlyMap<BridgeName, Service>;
  private readonly apis = new Map<BridgeName, Api>();

  constructor(
    readonly lab: Lab,
    readonly options: SiteOptions = { actions: ['drop-flow'], ttlSeconds: [600, 3_600], neverBlock: [] },
  ) {
    const folder = `${lab.dir}/site`;
    mkdirSync(folder, { recursive: true });
    this.files = new SiteFiles(lab, folder);
    this.files.write(options);
    const redis = { REDIS_URL: lab.inside.redisUrl };
    const service = (name: string, netns: string, program: string, env: Record<string, string>, flags: readonly string[] = []): Service =>
      new Service(name, {
        netns: lab.netnsPath(netns),
        command: [process.execPath, ...flags, program],
        env: { ...redis, ...env },
        folder,
      });
    this.tracers = new Map(
      lab.boxes.map((box) => [
        box.id,
        service(`tracer-${box.id}`, box.namespace, app('tracer'), { GUARDPOST_CONFIG: this.files.tracerConfig(box.id) }, TRACER_FLAGS),
      ]),
    );
    this.bridges = new Map(
      BRIDGES.map((name) => [
        name,
        service(name, 'ctl', app('controller-bridge'), {
          GUARDPOST_CONFIG: this.files.bridgeConfig(name),
          ONOS_URLS: lab.inside.onosUrl,
          ONOS_USER: 'onos',
          ONOS_PASSWORD: 'rocks',
        }),
      ]),
    );
  }

  tracer(box: string): Service {
    const found = this.tracers.get(box);
    if (found === undefined) throw new Error(`no box ${box}`);
    return found;
  }
  bridge(name: BridgeName = 'bridge-1'): Service {
    return this.bridges.get(name)!;
  }

  /** The bridge's REST, through a relay from the machine's own namespace. */
  async api(name: BridgeName = 'bridge-1'): Promise<Api> {
    const known = this.apis.get(name);
    if (known !== undefined) return known;
    const port = await this.relayOf(name);
    const api = new Api(`http://127.0.0.1:${port}`, this.files.token);
    this.apis.set(name, api);
    return api;
  }

  /** Made once a lab: the port is kept in the site's folder. */
  private async relayOf(name: BridgeName): Promise<number> {
    const file = `${this.files.folder}/${name}.port`;
    if (existsSync(file)) return Number(readFileSync(file, 'utf8'));
    const port = await this.lab.relay(0, `tcp:127.0.0.1:${BRIDGE_PORT[name]}`);
    writeFileSync(file, String(port));
    return port;
  }

  /** Starts what does not run. Resolves when the first bridge is ready: ONOS, Redis and every box answer. */
  async start(): Promise<Api> {
    this.bridge().start();
    for (const tracer of this.tracers.values()) tracer.start();
    const api = await this.api();
    await waitFor('a bridge that is ready', () => api.ready(), { seconds: 60 });
    return api;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.tracers.values(), ...this.bridges.values()].map((s) => s.stop()));
  }
}
