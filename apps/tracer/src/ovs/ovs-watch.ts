import type { Report } from '@guardpost/contracts';
import type { BridgeConfig } from '../config/tracer-config.codec.js';
import { BridgeWatch } from './bridge-watch.js';
import { FlowMonitor } from './flow-monitor.js';
import { ovsCommand } from './ovs-command.js';

/** Watches the flow tables of one bridge of this box. */
export class OvsWatch {
  private readonly watch: BridgeWatch;
  private readonly monitor: FlowMonitor;

  constructor(
    readonly bridge: BridgeConfig,
    env: NodeJS.ProcessEnv,
    nowUs: () => number,
    report: (report: Report) => void,
  ) {
    const dump = (): Promise<string> => ovsCommand('ovs-ofctl', ['-O', 'OpenFlow13', 'dump-flows', bridge.name], env);
    this.watch = new BridgeWatch(bridge.device, dump, nowUs, report);
    this.monitor = new FlowMonitor({
      bridge: bridge.name,
      env,
      onEvent: (event) => this.watch.onEvent(event),
      onWatching: () => this.watch.tellTable(),
    });
  }

  get restarts(): number {
    return this.monitor.restarts;
  }

  problems(): string[] {
    return [this.monitor.problem, this.watch.problem].flatMap((p) => (p === undefined ? [] : `${this.bridge.name}: ${p}`));
  }

  start(): void {
    this.watch.start();
    this.monitor.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.monitor.stop(), this.watch.stop()]);
  }
}
