import { exactMatch, type FlowRule } from '../flows/flow-rule.js';
import type { FlowTable } from '../flows/flow-table.js';
import type { Topology } from '../topology.js';
import { compile, type CompileContext, type Installable } from './compile.js';
import type { Intent, IntentState } from './intent.js';

/** IntentCleanup: `period` and `retryThreshold`. */
const RETRY_MS = 5_000;
const RETRIES = 5;
/** For so long an intent that is purged is still listed. */
const PURGE_MS = 10;

export interface IntentRecord {
  readonly intent: Intent;
  state: IntentState;
  installables: readonly Installable[];
  retries: number;
  /** Whose key it has taken over, until its rules are taken over too. */
  previous: IntentRecord | undefined;
}

/** The intent framework: one intent of a key, compiled to rules, moved when its links go, tried again when there was no way. */
export class Intents {
  private readonly records = new Map<string, IntentRecord>();
  private readonly timer: NodeJS.Timeout;
  private ids = 0;
  private work: Promise<void> = Promise.resolve();

  constructor(
    private readonly flows: FlowTable,
    private readonly topology: Topology,
    private readonly context: Omit<CompileContext, 'nextId' | 'topology'>,
  ) {
    topology.on('changed', () => void this.enqueue(() => this.follow()));
    this.timer = setInterval(() => void this.enqueue(() => this.retry()), RETRY_MS);
  }

  readonly nextId = (): number => this.ids++;

  /** Answers at once; the work is done in the order of the requests. */
  submit(intent: Intent): void {
    const name = nameOf(intent.appId, intent.key);
    const record: IntentRecord = { intent, state: 'INSTALL_REQ', installables: [], retries: 0, previous: this.records.get(name) };
    this.records.set(name, record);
    void this.enqueue(() => this.install(record));
  }

  /** Resolves when it is withdrawn. It stays listed until it is submitted anew or purged. */
  async withdraw(record: IntentRecord): Promise<void> {
    record.state = 'WITHDRAW_REQ';
    await this.enqueue(async () => {
      record.state = 'WITHDRAWING';
      await this.change(record, []);
      record.state = 'WITHDRAWN';
    });
  }
  /** Soon, and unless its key was taken over. */
  purge(record: IntentRecord): void {
    setTimeout(() => {
      const name = nameOf(record.intent.appId, record.intent.key);
      if (this.records.get(name) === record) this.records.delete(name);
    }, PURGE_MS);
  }

  get(appId: string, key: string): IntentRecord | undefined {
    return this.records.get(nameOf(appId, key));
  }
  all(): IntentRecord[] {
    return [...this.records.values()];
  }
  ofApp(appId: string): IntentRecord[] {
    return this.all().filter(({ intent }) => intent.appId === appId);
  }
  close(): void {
    clearInterval(this.timer);
  }

  private enqueue(task: () => Promise<void>): Promise<void> {
    this.work = this.work.then(task);
    return this.work;
  }
  private current(record: IntentRecord): boolean {
    return this.records.get(nameOf(record.intent.appId, record.intent.key)) === record && !record.state.startsWith('WITHDRAW');
  }

  private async install(record: IntentRecord): Promise<void> {
    if (!this.current(record)) return; // withdrawn, or replaced by one that takes over what is installed
    const installables = compile(record.intent, { ...this.context, topology: this.topology, nextId: this.nextId });
    if (installables !== undefined) record.state = 'INSTALLING';
    await this.change(record, installables ?? []);
    if (this.current(record)) record.state = installables === undefined ? 'FAILED' : 'INSTALLED';
  }

  /** Removes the rules of old that are not among the new, adds the others; what is in both stays untouched. No rule's users are counted. */
  private async change(record: IntentRecord, installables: readonly Installable[]): Promise<void> {
    const previous = record.previous?.installables ?? record.installables;
    record.previous = undefined;
    const [before, after] = [rules(previous), rules(installables)];
    record.installables = installables;
    const gone = before.filter((rule) => !after.some((other) => other.id === rule.id && other.deviceId === rule.deviceId));
    const fresh = after.filter((rule) => !before.some((other) => exactMatch(other, rule)));
    await Promise.all([this.flows.remove(gone), this.flows.add(fresh)]);
  }

  /** Intents whose links or devices are gone take another way; those without a way try again. */
  private async follow(): Promise<void> {
    const links = new Set(this.topology.links);
    for (const record of this.all()) {
      const lost = record.installables.some(
        (one) => one.links.some((link) => !links.has(link)) || one.rules.some(({ deviceId }) => !this.topology.isAvailable(deviceId)),
      );
      if (record.state === 'FAILED' || lost) await this.install(record);
    }
  }
  private async retry(): Promise<void> {
    for (const record of this.all()) if (record.state === 'FAILED' && record.retries++ < RETRIES) await this.install(record);
  }
}

const nameOf = (appId: string, key: string): string => `${appId} ${key}`;
const rules = (installables: readonly Installable[]): FlowRule[] => installables.flatMap((one) => one.rules);
