import type { Box, Heartbeat } from '@guardpost/contracts';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import { nowUs } from '../clock.js';
import { Ledger } from '../ledger/ledger.service.js';

/** A box that was not heard for so long is named as a problem. */
const SILENT_US = 5_000_000;

export interface BoxSettings {
  readonly id: string;
  readonly site: string;
  readonly devices: readonly string[];
}

/** The boxes of the configuration, with what they last said of themselves. */
@Injectable()
export class Boxes {
  private readonly heard = new Map<string, Heartbeat>();

  constructor(
    private readonly settings: readonly BoxSettings[],
    private readonly ledger: Ledger,
  ) {}

  get all(): readonly BoxSettings[] {
    return this.settings;
  }

  find(id: string): BoxSettings | undefined {
    return this.settings.find((b) => b.id === id);
  }

  onHeartbeat(box: string, heartbeat: Heartbeat): void {
    this.heard.set(box, heartbeat);
  }

  silent(): string[] {
    const since = nowUs() - SILENT_US;
    return this.settings.filter((b) => (this.heard.get(b.id)?.at ?? 0) < since).map((b) => b.id);
  }

  /** `lost`: numbers below the highest of each run of a tracer that never came. */
  async list(): Promise<Box[]> {
    const counts = await this.ledger.db
      .selectFrom('received')
      .select(['box', 'boot', (e) => e.fn.countAll<number>().as('n'), sql<number>`max(seq)`.as('top')])
      .groupBy(['box', 'boot'])
      .execute();
    return this.settings.map(({ id, site, devices }) => {
      const own = counts.filter((c) => c.box === id);
      return {
        id,
        site,
        devices: [...devices],
        lastHeardAt: this.heard.get(id)?.at ?? null,
        detections: own.reduce((sum, c) => sum + c.n, 0),
        lost: own.reduce((sum, c) => sum + c.top - c.n, 0),
        heartbeat: this.heard.get(id) ?? null,
      };
    });
  }
}
