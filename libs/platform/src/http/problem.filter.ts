import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';

interface ProblemResponse {
  status(code: number): ProblemResponse;
  type(type: string): ProblemResponse;
  send(body: unknown): unknown;
}

/** Every error leaves as RFC 9457 `application/problem+json`. What is not the caller's fault is logged and not told. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ProblemResponse>();
    const status = error instanceof HttpException ? error.getStatus() : 500;
    const told = error instanceof HttpException ? error.getResponse() : undefined;
    if (status === 500) this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    const message = typeof told === 'object' && 'message' in told ? told.message : told;
    const detail =
      status === 500
        ? 'The server failed; its log says why.'
        : Array.isArray(message)
          ? message.map(String).join('; ')
          : typeof message === 'string'
            ? message
            : '';
    const extra = typeof told === 'object' && 'problems' in told ? { problems: told.problems } : {};
    response
      .status(status)
      .type('application/problem+json')
      .send({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, ...extra });
  }
}
