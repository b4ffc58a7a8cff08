import { unwrap, type OnosClient } from '@guardpost/intents';
import { Injectable, Logger } from '@nestjs/common';
import { nowUs } from '../clock.js';
import { beginLift } from '../enforcement/work.js';
import type { Ledger } from '../ledger/ledger.service.js';
import { PolicyInForce, protectedBy, touched } from './policy-in-force.js';

const EVERY_MS = 5_000;
/** ONOS hides an application's configuration while the application is off: what was protected stays so for a while. */
const REMEMBER_MS = 3_600_000;

/** Keeps what must never be blocked true to ONOS' network configuration. */
@Injectable()
export class Protection {
  private readonly logger = new Logger(Protection.name);
  private readAt = 0;
  private readonly seenAt = new Map<string, number>();

  constructor(
    private readonly onos: OnosClient,
    private readonly policy: PolicyInForce,
    private readonly ledger: Ledger,
  ) {}

  /** A mitigation that touches what is protected from now on is lifted. */
  async refresh(leads: () => boolean): Promise<void> {
    if (Date.now() - this.readAt < EVERY_MS) return;
    const configured = protectedBy(await unwrap(this.onos.netcfg.get()));
    this.readAt = Date.now();
    for (const prefix of configured) this.seenAt.set(prefix, this.readAt);
    for (const [prefix, at] of this.seenAt) if (at < this.readAt - REMEMBER_MS) this.seenAt.delete(prefix);
    const now = [...this.seenAt.keys()].sort();
    if (!this.policy.protect(now)) return;
    this.logger.log(now.length === 0 ? 'ONOS configures no BGP peer' : `never blocked, by the configuration of ONOS: ${now.join(', ')}`);
    if (!leads()) return;
    const live = await this.ledger.db
      .selectFrom('mitigation')
      .select(['id', 'prefix'])
      .where('live', '=', 1)
      .where('state', '!=', 'lifting')
      .execute();
    const wrong = live.filter(({ prefix }) => touched(now, prefix) !== undefined);
    if (wrong.length === 0) return;
    await this.ledger.write(async (db) => {
      for (const { id, prefix } of wrong)
        await beginLift(db, id, 'protection', `${prefix} touches ${touched(now, prefix) ?? ''}, which ONOS needs for BGP`, nowUs());
    });
  }
}
