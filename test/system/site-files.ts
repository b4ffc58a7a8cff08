import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { makeKeyPair } from '@guardpost/platform';
import { stringify } from 'yaml';
import type { Lab, LabBox } from '../lab/lab.js';

export const BRIDGES = ['bridge-1', 'bridge-2'] as const;
export type BridgeName = (typeof BRIDGES)[number];
export const BRIDGE_PORT: Readonly<Record<BridgeName, number>> = { 'bridge-1': 8080, 'bridge-2': 8081 };

export interface SiteOptions {
  readonly actions: readonly ('drop-flow' | 'tap-drop')[];
  readonly ttlSeconds: readonly number[];
  readonly neverBlock: readonly string[];
}

/** Keys, token, policy and configuration of a site, in one folder of the lab. Keys and token are made once. */
export class SiteFiles {
  constructor(
    private readonly lab: Lab,
    readonly folder: string,
  ) {}

  get token(): string {
    return readFileSync(`${this.folder}/token`, 'utf8').trim();
  }
  bridgeConfig = (name: BridgeName): string => `${this.folder}/${name}.yaml`;
  tracerConfig = (box: string): string => `${this.folder}/${box}.yaml`;
  boxKey = (box: string): string => `${this.folder}/private/${box}.pem`;
  bridgeKey = (name: BridgeName): string => `${this.folder}/private/${name}.pem`;
  stateOf = (box: string): string => `${this.folder}/state/${box}`;
  ledger = (): string => `${this.folder}/state/bridge/ledger.db`;
  pinDir = (box: string): string => `/sys/fs/bpf/guardpost-${this.lab.name}-${box}`;

  write(options: SiteOptions): void {
    for (const folder of ['private', 'boxes', 'bridges', 'state']) mkdirSync(`${this.folder}/${folder}`, { recursive: true });
    if (!existsSync(`${this.folder}/token`)) writeFileSync(`${this.folder}/token`, randomBytes(24).toString('base64url'), { mode: 0o600 });
    for (const box of this.lab.boxes) makeKeyPair(this.boxKey(box.id), `${this.folder}/boxes/${box.id}.pem`);
    for (const name of BRIDGES) makeKeyPair(this.bridgeKey(name), `${this.folder}/bridges/${name}.pem`);
    this.writePolicy(options);
    for (const name of BRIDGES) writeFileSync(this.bridgeConfig(name), stringify(this.bridge(name)));
    for (const box of this.lab.boxes) {
      mkdirSync(this.stateOf(box.id), { recursive: true });
      writeFileSync(this.tracerConfig(box.id), stringify(this.tracer(box)));
    }
  }

  /** Read by a bridge when it starts. */
  writePolicy({ actions, ttlSeconds, neverBlock }: SiteOptions): void {
    const policy = {
      rules: [{ name: 'listed', match: { minConfidence: 50 }, actions, ttlSeconds }],
      neverBlock: ['10.255.0.0/24', '172.31.0.0/24', ...neverBlock],
      widest: { v4: 24, v6: 48 },
      maxLive: 5_000,
    };
    writeFileSync(`${this.folder}/policy.yaml`, stringify(policy));
  }

  /** Both bridges share one ledger. */
  private bridge(instance: BridgeName): unknown {
    return {
      instance,
      stateDir: `${this.folder}/state/bridge`,
      keys: { private: this.bridgeKey(instance), trusted: `${this.folder}/boxes`, bridges: `${this.folder}/bridges` },
      http: { host: '127.0.0.1', port: BRIDGE_PORT[instance] },
      tokenFile: `${this.folder}/token`,
      policyFile: `${this.folder}/policy.yaml`,
      boxes: this.lab.boxes.map(({ id, device }) => ({ id, site: id, devices: [device] })),
    };
  }

  private tracer(box: LabBox): unknown {
    return {
      box: box.id,
      stateDir: this.stateOf(box.id),
      pinDir: this.pinDir(box.id),
      interfaces: { allow: ['*'], deny: ['lo', 'eth0', 'ovs-*', 'br-*'] },
      bridges: [{ name: box.bridge, device: box.device, rundir: box.rundir, db: `unix:${box.rundir}/db.sock` }],
      keys: { private: this.boxKey(box.id), trusted: `${this.folder}/bridges` },
      http: { host: '127.0.0.1', port: 9100 },
      protect: [{ address: '10.255.0.10' }, ...this.lab.boxes.map(({ vtep }) => ({ address: vtep }))],
      detection: { windowSeconds: 2 },
    };
  }
}
