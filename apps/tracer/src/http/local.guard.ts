import { BearerGuard } from '@guardpost/platform';
import { ForbiddenException, Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';

/** Injection token of the token of the tracer's own page; null where there is none. */
export const LOCAL_TOKEN = 'guardpost.local-token';

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/;
/** A page of another site that has its name lead here is no caller on this machine. */
const LOCAL_NAMES = /^(127(\.\d{1,3}){3}|localhost|\[::1\])(:\d+)?$/;

/** Lets callers on this machine pass; where there is a token, those that carry it. */
@Injectable()
export class LocalGuard implements CanActivate {
  private readonly bearer: BearerGuard | undefined;

  constructor(@Inject(LOCAL_TOKEN) token: string | null) {
    this.bearer = token === null ? undefined : new BearerGuard(token);
  }

  canActivate(context: ExecutionContext): boolean {
    const { socket, headers } = context
      .switchToHttp()
      .getRequest<{ socket: { remoteAddress?: string }; headers: Record<string, string | undefined> }>();
    if (!LOOPBACK.test(socket.remoteAddress ?? '') || !LOCAL_NAMES.test(headers['host'] ?? ''))
      throw new ForbiddenException('this is for callers on the box itself, by a loopback address');
    return this.bearer?.canActivate(context) ?? true;
  }
}
