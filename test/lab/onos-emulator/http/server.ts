import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Refusal } from '../refusal.js';
import type { Answer } from './exchange.js';
import { router, type Route } from './router.js';

const MAX_BODY_BYTES = 64 * 1024 * 1024;

export interface ServerOptions {
  readonly user: string;
  readonly password: string;
  readonly log: (message: string) => void;
}

/** Jetty's own error page, for what never comes as far as ONOS: JSON for those who accept it, else HTML. */
function jetty(status: number, message: string, url: string, accept = ''): Answer {
  const rows = Object.entries({ URI: url, STATUS: status, MESSAGE: message, SERVLET: 'JAX-RS Service' });
  if (accept.includes('json')) {
    const body = `{\n"servlet":"JAX-RS Service",\n"message":"${message}",\n"url":"${url}",\n"status":"${status}"\n}`;
    return { status, headers: { 'content-type': 'application/json' }, body };
  }
  const table = rows.map(([name, value]) => `<tr><th>${name}:</th><td>${value}</td></tr>`).join('\n');
  const body = `<html>\n<head>\n<title>Error ${status} ${message}</title>\n</head>\n<body><h2>HTTP ERROR ${status} ${message}</h2>\n<table>\n${table}\n</table>\n</body>\n</html>\n`;
  return { status, headers: { 'content-type': 'text/html;charset=iso-8859-1' }, body };
}

export function onosServer(routes: readonly Route[], { user, password, log }: ServerOptions): Server {
  const find = router(routes);
  const credentials = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

  const answerTo = async (request: IncomingMessage, pathname: string, query: string): Promise<Answer> => {
    if (request.headers.authorization !== credentials) return jetty(401, 'Unauthorized', pathname, request.headers.accept);
    const match = find(request.method ?? '', pathname);
    if (match.kind === 'none') return { status: 404, headers: {}, body: '{"code":404,"message":"HTTP 404 Not Found"}' };
    if (match.kind === 'method') return { status: 405, headers: { allow: 'HEAD,DELETE,POST,GET,OPTIONS' } };
    const type = request.headers['content-type'];
    const body = await bodyOf(request);
    if (type !== undefined && !type.startsWith('application/json'))
      return jetty(415, 'Unsupported Media Type', pathname, request.headers.accept);
    try {
      const exchange = {
        params: match.params,
        query: new URLSearchParams(query),
        body,
        base: `http://${request.headers.host ?? 'localhost'}`,
      };
      return await match.handler(exchange);
    } catch (error) {
      if (error instanceof JettyError) return jetty(error.status, error.message, pathname, request.headers.accept);
      if (error instanceof Refusal) return { status: error.status, body: { code: error.status, message: error.message } };
      log(`${request.method} ${pathname}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return { status: 500, body: { code: 500, message: error instanceof Error ? error.message : String(error) } };
    }
  };

  const server = createServer((request, response) => {
    const [pathname = '', query = ''] = (request.url ?? '').split('?');
    answerTo(request, pathname, query).then(
      (answer) => write(response, answer),
      () => response.destroy(), // the client went away
    );
  });
  server.keepAliveTimeout = 30_000; // Jetty's idle timeout
  return server;
}

/** What a servlet throws instead of answering. */
export class JettyError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'JettyError';
  }
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, {
    ...(text !== '' && headers === undefined && { 'content-type': 'application/json' }),
    ...headers,
    'content-length': Buffer.byteLength(text),
    server: 'Jetty(9.4.28.v20200408)',
  });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if ((size += chunk.length) > MAX_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
