import { Module, StandardSchemaValidationPipe, type DynamicModule } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { HealthController, HealthService, MetricsController } from '@guardpost/platform';
import { OnDemandCaptures } from '../capture/on-demand/on-demand.js';
import { CapturesController } from './captures.controller.js';
import { LOCAL_TOKEN } from './local.guard.js';

/** The tracer's own page: health and metrics for machines, captures for whoever is on this one. */
@Module({})
export class TracerModule {
  static with(problems: () => readonly string[], captures: OnDemandCaptures, token: string | undefined): DynamicModule {
    const health = new HealthService();
    health.register('tracer', problems);
    return {
      module: TracerModule,
      controllers: [HealthController, MetricsController, CapturesController],
      providers: [
        { provide: HealthService, useValue: health },
        { provide: OnDemandCaptures, useValue: captures },
        { provide: LOCAL_TOKEN, useValue: token ?? null },
        { provide: APP_PIPE, useClass: StandardSchemaValidationPipe },
      ],
    };
  }
}
