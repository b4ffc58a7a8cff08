import type { Handler } from './exchange.js';

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
export interface Route {
  readonly method: Method;
  /** `/onos/v1/intents/:app/:key`; a segment with a colon is a parameter. */
  readonly path: string;
  readonly handler: Handler;
}
export const route = (method: Method, path: string, handler: Handler): Route => ({ method, path, handler });

export type Match =
  | { readonly kind: 'route'; readonly handler: Handler; readonly params: readonly string[] }
  /** The path is served, by other methods. */
  | { readonly kind: 'method' }
  | { readonly kind: 'none' };

/** Words go before parameters: `/intents/minisummary` is no application. */
export function router(routes: readonly Route[]): (method: string, pathname: string) => Match {
  const table = routes.map((each) => ({ ...each, segments: each.path.split('/') }));
  const words = (segments: readonly string[]): number => segments.filter((segment) => !segment.startsWith(':')).length;
  table.sort((a, b) => words(b.segments) - words(a.segments));
  return (method, pathname) => {
    const parts = pathname.replace(/\/$/, '').split('/');
    const fits = table.filter(
      ({ segments }) => segments.length === parts.length && segments.every((segment, i) => segment.startsWith(':') || segment === parts[i]),
    );
    const best = fits.find((each) => each.method === method);
    if (best === undefined) return { kind: fits.length > 0 ? 'method' : 'none' };
    const params = parts.filter((_, i) => best.segments[i]?.startsWith(':')).map(decodeURIComponent);
    return { kind: 'route', handler: best.handler, params };
  };
}
