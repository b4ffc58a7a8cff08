import type { Acl } from '../acl.js';
import type { Applications } from '../applications.js';
import { formatPrefix, parsePrefix } from '../ip.js';
import { textOf } from '../json.js';
import type { NetworkConfiguration } from '../netcfg.js';
import { illegal, notFound, Refusal } from '../refusal.js';
import type { SdnIp } from '../sdnip/sdnip.js';
import { created, done, ok, readTree, type Answer, type Handler } from './exchange.js';
import { route, type Route } from './router.js';
import { JettyError } from './server.js';

const taken: Answer = { status: 200 };

/** NetworkConfigWebResource. */
export function netcfgRoutes(netcfg: NetworkConfiguration): Route[] {
  const subject = (subjectClass: string, name: string): Record<string, unknown> => {
    const configs = netcfg.of(subjectClass).get(name);
    if (configs === undefined) throw notFound(`Config for '${subjectClass}/${name}' not found`);
    return configs;
  };
  return [
    route('GET', '/onos/v1/network/configuration', () => ok(netcfg.json())),
    route('GET', '/onos/v1/network/configuration/:class', ({ params: [subjectClass = ''] }) =>
      ok(Object.fromEntries(netcfg.of(subjectClass))),
    ),
    route('GET', '/onos/v1/network/configuration/:class/:subject', ({ params: [subjectClass = '', name = ''] }) =>
      ok(subject(subjectClass, name)),
    ),
    route('POST', '/onos/v1/network/configuration', ({ body }) => {
      const json = readTree(body);
      const unknown = Object.keys(json).filter((name) => !netcfg.classes.includes(name));
      netcfg.apply(Object.fromEntries(Object.entries(json).filter(([name]) => !unknown.includes(name))));
      if (unknown.length === 0) return taken;
      return { status: 207, body: { code: 207, message: unknown.map((name) => `subjectClassKey '${name}' not found`) } };
    }),
    route('POST', '/onos/v1/network/configuration/:class', ({ params: [subjectClass = ''], body }) => {
      netcfg.apply({ [subjectClass]: readTree(body) });
      return taken;
    }),
    route('POST', '/onos/v1/network/configuration/:class/:subject', ({ params: [subjectClass = '', name = ''], body }) => {
      netcfg.set(subjectClass, name, readTree(body));
      return taken;
    }),
    route('DELETE', '/onos/v1/network/configuration/:class/:subject', ({ params: [subjectClass = '', name = ''] }) => {
      netcfg.remove(subjectClass, name);
      return done;
    }),
    route('DELETE', '/onos/v1/network/configuration/:class/:subject/:key', ({ params: [subjectClass = '', name = '', key = ''] }) => {
      netcfg.remove(subjectClass, name, key);
      return done;
    }),
  ];
}

/** AclWebResource. What it can't take it answers with 207 and a sentence; a duplicate is an exception. */
export function aclRoutes(acl: Acl, applications: Applications): Route[] {
  const served =
    (handler: Handler): Handler =>
    (exchange) => {
      if (!applications.isActive('org.onosproject.acl')) throw notFound('HTTP 404 Not Found');
      return handler(exchange);
    };
  const odd = (sentence: string): Answer => ({ status: 207, headers: { 'content-type': 'application/json' }, body: sentence });
  return [
    route(
      'GET',
      '/onos/v1/acl/rules',
      served(() => ok({ aclRules: acl.list() })),
    ),
    route(
      'POST',
      '/onos/v1/acl/rules',
      served(({ body, base }) => {
        try {
          const id = acl.add(readTree(body));
          if (id === undefined) throw new JettyError(500, 'Internal Server Error');
          return created(`${base}/onos/v1/acl/0x${id.toString(16)}`);
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          return odd(error.message.includes('JsonParseException') ? 'Unable to parse ACL request' : error.message);
        }
      }),
    ),
    route(
      'DELETE',
      '/onos/v1/acl/rules',
      served(() => (acl.remove(), done)),
    ),
    route(
      'DELETE',
      '/onos/v1/acl/rules/:id',
      served(({ params: [id = ''] }) => {
        const digits = id.slice(2);
        if (!/^[\da-f]+$/i.test(digits)) throw illegal(`For input string: "${digits}" under radix 16`);
        acl.remove(Number.parseInt(digits, 16));
        return done;
      }),
    ),
  ];
}

/** RouteServiceWebResource. Routes that come by POST are STATIC ones; SDN-IP treats all alike. */
export function routeServiceRoutes(sdnip: SdnIp): Route[] {
  const prefixOf = (body: string): string => formatPrefix(parsePrefix(textOf(readTree(body)['prefix'])));
  return [
    route('GET', '/onos/routeservice/routes', () => {
      const routes = sdnip.list();
      return ok({ ipv4: routes.filter(({ prefix }) => !prefix.includes(':')), ipv6: routes.filter(({ prefix }) => prefix.includes(':')) });
    }),
    route('POST', '/onos/routeservice/routes', ({ body }) => {
      sdnip.announce({ source: 'STATIC', prefix: prefixOf(body), nextHop: textOf(readTree(body)['nextHop']) });
      return done;
    }),
    route('DELETE', '/onos/routeservice/routes', ({ body }) => (sdnip.retract(prefixOf(body)), done)),
  ];
}
