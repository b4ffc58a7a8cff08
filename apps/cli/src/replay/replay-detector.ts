import type { FlowSample, TapEvent } from '@guardpost/bpf';
import type { Detection, WatchItem } from '@guardpost/contracts';
import { Detector, type Clock } from '@guardpost/detect';

/** As a tracer has it by default. */
const WINDOW_SECONDS = 10;
/** Nobody downstream is to be spared here. */
const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const US = 1_000_000;
/** Readings of the flow table: each second, or less often where many flows are matched. */
const FEW_FLOWS = 500;

/** The time of the capture: it stands still between packets, and never goes back. */
class CaptureClock implements Clock {
  private us = 0;
  nowUs = (): number => this.us;
  bootToUs = (bootNs: bigint): number => Number(bootNs / 1000n);
  usToBootNs = (us: number): bigint => BigInt(us) * 1000n;
  set(us: number): void {
    this.us = Math.max(this.us, us);
  }
}

/** The tracer's detector on the time of a capture. */
export class ReplayDetector {
  private readonly clock = new CaptureClock();
  private readonly detector: Detector;
  private nextRoundUs = 0;

  constructor(
    items: readonly WatchItem[],
    private readonly flows: () => FlowSample[],
    emit: (detection: Detection) => void,
  ) {
    this.detector = new Detector(
      { box: 'replay', boot: 'file', windowSeconds: WINDOW_SECONDS, maxPerSecond: NO_LIMIT, maxWindows: NO_LIMIT },
      this.clock,
      ({ ifname, direction, vni }) => ({ interface: ifname, direction, device: null, port: null, vni }),
      (draft) => emit({ ...draft, queuedAt: this.clock.nowUs() }),
    );
    this.detector.setRules(new Map(items.map((item) => [item.rule, item])));
    this.round([]); // what is counted from here on is news
  }

  /** Not told, by reason. */
  get suppressed(): Readonly<Record<string, number>> {
    return this.detector.suppressed;
  }

  onEvent(event: TapEvent): void {
    this.clock.set(this.clock.bootToUs(event.bootNs));
    this.detector.onEvent(event);
  }

  /** Time has gone on to `us`: the rounds that were due until then. While nothing is open, one tells as much as many. */
  advance(us: number): void {
    while (this.nextRoundUs <= us) {
      this.clock.set(this.nextRoundUs);
      const samples = this.flows();
      this.round(samples);
      const spacing = samples.length <= FEW_FLOWS ? US : WINDOW_SECONDS * US;
      this.nextRoundUs = (this.detector.openWindows > 0 ? this.nextRoundUs : us) + spacing;
    }
    this.clock.set(us);
  }

  /** The capture has ended: every flow's last counts, and the end of every window. */
  finish(): void {
    this.round(this.flows());
    for (const sample of this.flows()) this.detector.onEvicted(sample);
    while (this.detector.openWindows > 0) {
      this.clock.set(this.clock.nowUs() + WINDOW_SECONDS * US);
      this.round([]);
    }
  }

  private round(samples: readonly FlowSample[]): void {
    this.detector.beginRound();
    this.detector.absorb(samples);
    this.detector.endRound();
  }
}
