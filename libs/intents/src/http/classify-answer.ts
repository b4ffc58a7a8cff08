import type { Call } from './call.js';
import type { OnosError } from './onos-error.js';

/** ONOS' longest are exceptions of Jackson with the place in the source, some 600 characters. */
const MAX_MESSAGE_CHARS = 65_536;

interface Body {
  /** Who wrote it: ONOS itself (`{"code","message"}`), Jetty before ONOS saw the call (`message` without `code`), or something that is neither. */
  readonly from: 'onos' | 'jetty' | 'nobody' | 'stranger';
  readonly text: string;
}

/**
 * The error in an answer; undefined where its status is one of success. Told apart by body where the status misleads:
 * 207 is a refusal, and 404 comes from a missing thing as from a path that nobody serves; what misleads at one resource
 * only, that resource explains. ONOS' bodies are made by AbstractMapper of onlab-rest.
 */
export function classifyAnswer(call: Call, where: string, status: number, text: string): OnosError | undefined {
  if (status >= 200 && status < 300 && status !== 207) return undefined;
  const body = readBody(text);
  const said = body.text === '' ? `${status} without a body` : `${status} "${body.text}"`;
  const error = (kind: OnosError['kind'], advice: string, retryable = false): OnosError => ({
    kind,
    message: `${where}: ${said}. ${advice}`,
    retryable,
    status,
  });

  if (status === 401 || status === 403) return error('unauthorised', 'Check user and password of ONOS.');
  const reading = call.explain?.(status, body.text);
  if (reading !== undefined) return error(reading.kind, reading.advice);
  if (status === 404) return classifyMissing(body, error);
  if (status === 409 || (status === 500 && /already exists|duplicate/i.test(body.text)))
    return error('conflict', 'ONOS holds something that contradicts this; list it first.');
  if (status >= 500) {
    // ONOS starting says 503 for services not yet there; Jetty's HTML with 500 is what ONOS stopping was seen to answer.
    const passing = status === 502 || status === 503 || status === 504 || body.from === 'stranger';
    return error('server-error', passing ? 'Try again later.' : "See ONOS' log (log:tail) for the reason.", passing);
  }
  if (status >= 300 && status < 400) return error('refused', 'The address redirects; give the address of ONOS itself.');
  return error('refused', 'Correct what was sent; ONOS would refuse it again.');
}

function classifyMissing(body: Body, error: (kind: OnosError['kind'], advice: string, retryable?: boolean) => OnosError): OnosError {
  if (body.from === 'jetty' || body.from === 'stranger')
    return error('unreachable', "ONOS' REST interface is not (yet) there: wait for its start, or check address and port.", true);
  if (body.from === 'nobody' || body.text === 'HTTP 404 Not Found')
    return error('refused', 'ONOS knows no such path: is the application active, the identifier well formed?');
  return error('not-found', 'ONOS does not have it; in calls on rules a device without any counts as missing.');
}

function readBody(text: string): Body {
  if (!/\S/.test(text)) return { from: 'nobody', text: '' };
  const json = text.length > MAX_MESSAGE_CHARS ? undefined : parse(text);
  if (typeof json !== 'object' || json === null || !('message' in json)) return { from: 'stranger', text: shorten(text) };
  return { from: 'code' in json ? 'onos' : 'jetty', text: shorten(sentences(json.message)) };
}

/** The network configuration says what it refused in a list. */
function sentences(message: unknown): string {
  const all: unknown[] = Array.isArray(message) ? message : [message];
  return all.filter((one) => typeof one === 'string').join('; ');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One line of at most 200 characters: enough to recognise, never a page of HTML in a log. */
export function shorten(text: string): string {
  const line = text.slice(0, 1_000).replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
