import 'reflect-metadata';
import { bootClock, removePins } from '@guardpost/bpf';
import { ConfigError, PinoLogger } from '@guardpost/platform';
import picomatch from 'picomatch';
import { chooseTap } from './capture/choose-tap.js';
import { systemClock } from './clock.js';
import { loadConfig } from './config/load-config.js';
import type { TracerConfig } from './config/tracer-config.codec.js';
import { serve } from './http/serve.js';
import { limitCpu } from './limits/cpu-share.js';
import { assemble } from './tracer-parts.js';
import { Tracer } from './tracer.js';
import { warmUp } from './warm-up.js';

/** `main.js` runs the tracer; `main.js remove` takes its programs and maps off the box. */
async function main(command: string | undefined): Promise<void> {
  const config = loadConfig();
  if (command === 'remove') {
    process.stdout.write(`${removePins(config.pinDir)} pins removed from ${config.pinDir}\n`);
    return;
  }
  if (command !== undefined) throw new ConfigError(`there is no command ${command}: give none, or remove`);
  await run(config);
}

/** What is in the spool is safe however this ends. */
const STOP_WITHIN_MS = 6_000;

async function run(config: TracerConfig): Promise<void> {
  const logger = new PinoLogger('tracer', config.logLevel);
  limitOwnCpu(config, logger);
  const allowed = picomatch(config.interfaces.allow);
  const denied = picomatch(config.interfaces.deny);
  const tap = chooseTap(config, (name) => allowed(name) && !denied(name), logger);
  const tracer = new Tracer(assemble(config, tap, systemClock(bootClock()), (message, component) => logger.warn(message, component)));
  await tracer.start();
  warmUp(); // after the taps are on: what they see meanwhile waits in the ring
  logger.log(`watching ${tap.interfaces().length} interfaces of ${config.box}`, 'tracer');
  tracer.connect();
  const app = await serve(tracer, logger);

  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    Promise.all([tracer.stop(), app.close()]).then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error(error instanceof Error ? error : String(error), 'tracer');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** A box that can't limit it is told so and watched all the same. */
function limitOwnCpu({ box, cpuShare }: TracerConfig, logger: PinoLogger): void {
  if (cpuShare === undefined) return;
  try {
    limitCpu(`guardpost-tracer-${box}`, cpuShare);
    logger.log(`limited to ${cpuShare} cores`, 'tracer');
  } catch (error) {
    logger.warn(`no limit of ${cpuShare} cores: ${error instanceof Error ? error.message : String(error)}`, 'tracer');
  }
}

main(process.argv[2]).catch((error: unknown) => {
  // A configuration that can't be used needs its sentence, not a stack.
  process.stderr.write(`${error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
});
