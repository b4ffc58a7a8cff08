import { Module, type DynamicModule } from '@nestjs/common';
import { HealthController, HealthService, MetricsController } from '@guardpost/platform';

/** The tracer's own page for machines: health and metrics. */
@Module({})
export class TracerModule {
  static with(problems: () => readonly string[]): DynamicModule {
    const health = new HealthService();
    health.register('tracer', problems);
    return {
      module: TracerModule,
      controllers: [HealthController, MetricsController],
      providers: [{ provide: HealthService, useValue: health }],
    };
  }
}
