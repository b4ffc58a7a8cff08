import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { HealthService } from './health.service.js';

@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('ready')
  ready(): { status: 'ready' } {
    const problems = this.health.problems();
    if (problems.length > 0)
      throw new ServiceUnavailableException({ message: problems.map((p) => `${p.part}: ${p.problem}`).join('; '), problems });
    return { status: 'ready' };
  }
}
