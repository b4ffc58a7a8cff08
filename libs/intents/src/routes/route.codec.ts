import * as t from 'io-ts';

/** A route that ONOS' route service has resolved (RoutesWebResource). `source`: BGP, STATIC, FPM ... */
export const Route = t.type({ source: t.string, prefix: t.string, nextHop: t.string }, 'Route');
export type Route = t.TypeOf<typeof Route>;
