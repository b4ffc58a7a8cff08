import { Counter, Gauge, collectDefaultMetrics } from 'prom-client';

export interface Measured {
  readonly counters: () => Record<string, number>;
  readonly gauges: () => Record<string, number>;
  readonly versions: () => Record<string, number>;
  readonly interfaces: () => readonly { name: string; tap: string; xdp: string }[];
}

/** `tap.ringLost` -> the metric `guardpost_tracer_tap_total{counter="ringLost"}`; one metric a part, read when it is asked for. */
export function registerMetrics(m: Measured): void {
  collectDefaultMetrics();
  const parts = [
    ['tap', 'Counters of the programs in the kernel and of the reader'],
    ['capture', 'Events handled, failed, and readings of the flow table'],
    ['suppressed', 'What was seen and not reported, by reason'],
    ['outbox', 'Detections by what became of them'],
    ['reports', 'Reports by what became of them'],
    ['refused', 'Messages refused, by reason'],
    ['log', 'Lines of the suspicious log that were lost'],
    ['flows', 'Readings of the flow table for export, and what was not followed'],
    ['ipfix', 'Records, their packets and bytes, and messages to collectors by what became of them'],
    ['summaries', 'Summaries of flows by what became of them'],
    ['captures', 'Captures on demand by what became of them'],
  ] as const;
  for (const [part, help] of parts) {
    new Counter({
      name: `guardpost_tracer_${part}_total`,
      help,
      labelNames: ['counter'],
      collect() {
        this.reset();
        for (const [name, n] of Object.entries(m.counters()))
          if (name.startsWith(`${part}.`)) this.inc({ counter: name.slice(part.length + 1) }, n);
      },
    });
  }
  for (const name of Object.keys(m.gauges())) {
    new Gauge({
      name: `guardpost_tracer_${name}`,
      help: name.replaceAll('_', ' '),
      collect() {
        this.set(m.gauges()[name] ?? 0);
      },
    });
  }
  new Gauge({
    name: 'guardpost_tracer_list_version',
    help: 'Version of each list that is held; -1 before the first',
    labelNames: ['list'],
    collect() {
      for (const [list, version] of Object.entries(m.versions())) this.set({ list }, version);
    },
  });
  new Gauge({
    name: 'guardpost_tracer_interface_info',
    help: 'Interfaces that are watched, and how',
    labelNames: ['interface', 'tap', 'xdp'],
    collect() {
      this.reset();
      for (const { name, tap, xdp } of m.interfaces()) this.set({ interface: name, tap, xdp }, 1);
    },
  });
}
