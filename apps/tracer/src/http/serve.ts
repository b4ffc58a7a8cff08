import { ProblemFilter } from '@guardpost/platform';
import type { INestApplication, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Tracer } from '../tracer.js';
import { registerMetrics } from './metrics.js';
import { TracerModule } from './tracer.module.js';

/** Health and metrics over HTTP. Resolves when it listens. */
export async function serve(tracer: Tracer, logger: LoggerService): Promise<INestApplication> {
  const { config, counters, outbox, spool, detector, capture, reporter, enforcement, tap, flowExport, summaries, captures } = tracer.parts;
  registerMetrics({
    counters,
    gauges: () => ({
      outbox_depth: outbox.depth,
      spool_bytes: spool.bytes,
      reports_waiting: reporter.depth,
      windows_open: detector.openWindows,
      flows_followed: flowExport.ledger.size,
      flows_reading_seconds: flowExport.roundMs / 1e3,
      ipfix_messages_waiting: flowExport.outlet?.depth ?? 0,
      summaries_waiting: summaries.depth,
      event_lag_seconds: capture.lastEventLagUs / 1e6,
    }),
    versions: () => ({ watch: enforcement.lists.watch.version, drop: enforcement.lists.drop.version }),
    interfaces: () => tap.interfaces(),
  });
  const app = await NestFactory.create(
    TracerModule.with(() => tracer.problems(), captures, config.token),
    { logger, abortOnError: false },
  );
  app.useGlobalFilters(new ProblemFilter());
  await app.listen(config.http.port, config.http.host);
  return app;
}
