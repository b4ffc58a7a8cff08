import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Gauge, Histogram } from 'prom-client';
import { Boxes } from '../boxes/boxes.service.js';
import { Ledger } from '../ledger/ledger.service.js';

const LEGS = ['queued_at', 'received_at', 'created_at'] as const;
const BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** What Prometheus reads: mitigations by state, what boxes lost, and how long each leg took. */
@Injectable()
export class BridgeMetrics {
  private readonly leg = new Histogram({
    name: 'guardpost_bridge_time_to_mitigate_seconds',
    help: 'From the first packet to each point of its path',
    labelNames: ['until'],
    buckets: BUCKETS,
  });
  private observedUntil = 0;

  constructor(ledger: Ledger, boxes: Boxes) {
    collectDefaultMetrics();
    const observe = (): Promise<void> => this.observe(ledger);
    new Gauge({
      name: 'guardpost_bridge_mitigations',
      help: 'Mitigations in the ledger by state',
      labelNames: ['state'],
      async collect() {
        const rows = await ledger.db
          .selectFrom('mitigation')
          .select(['state', (e) => e.fn.countAll<number>().as('n')])
          .groupBy('state')
          .execute();
        this.reset();
        for (const { state, n } of rows) this.set({ state }, n);
        await observe();
      },
    });
    new Gauge({
      name: 'guardpost_bridge_lost_detections',
      help: 'Detections of a box whose number never came',
      labelNames: ['box'],
      async collect() {
        for (const { id, lost } of await boxes.list()) this.set({ box: id }, lost);
      },
    });
  }

  /** Each mitigation that was confirmed since the last look counts once. */
  private async observe(ledger: Ledger): Promise<void> {
    const rows = await ledger.db
      .selectFrom('mitigation')
      .innerJoin('placement', 'placement.mitigation_id', 'mitigation.id')
      .select(['mitigation.first_packet_at', 'mitigation.queued_at', 'mitigation.received_at', 'mitigation.created_at'])
      .select((e) => [e.fn.min('placement.accepted_at').as('accepted_at'), e.fn.min('placement.confirmed_at').as('confirmed_at')])
      .where('mitigation.created_at', '>', this.observedUntil)
      .where('placement.confirmed_at', 'is not', null)
      .where('mitigation.first_packet_at', 'is not', null)
      .groupBy('mitigation.id')
      .execute();
    for (const row of rows) {
      const first = row.first_packet_at ?? 0;
      for (const until of [...LEGS, 'accepted_at', 'confirmed_at'] as const) {
        const at = row[until];
        if (at !== null) this.leg.observe({ until: until.replace('_at', '').replace('created', 'decided') }, (Number(at) - first) / 1e6);
      }
      this.observedUntil = Math.max(this.observedUntil, row.created_at);
    }
  }
}
