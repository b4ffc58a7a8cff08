import type { LoggerService } from '@nestjs/common';
import { pino, type Logger } from 'pino';

/** JSON lines with `component`; Nest's context becomes the component. */
export class PinoLogger implements LoggerService {
  private readonly pino: Logger;

  constructor(app: string, level: string) {
    this.pino = pino({ level, base: { app, pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime });
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  /** Nest passes the context last, and an error's stack before it. */
  private write(level: 'info' | 'error' | 'warn' | 'debug', message: unknown, rest: unknown[]): void {
    const component = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const stack = level === 'error' && rest.length > 1 ? rest[0] : undefined;
    const fields = typeof message === 'object' && message !== null && !(message instanceof Error) ? message : {};
    const text = message instanceof Error ? message.message : typeof message === 'string' ? message : undefined;
    this.pino[level]({ component, ...fields, ...(stack === undefined ? {} : { stack }) }, text);
  }
}
