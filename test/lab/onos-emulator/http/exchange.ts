import { isObject, type Json } from '../json.js';
import { broken, illegal } from '../refusal.js';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A string is sent as it is. */
  readonly body?: unknown;
}
/** One request, its path parameters decoded (`%2F` is part of one, `/` parts two). */
export interface Exchange {
  readonly params: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
  /** `http://host:port`, as the client called us. */
  readonly base: string;
}
export type Handler = (exchange: Exchange) => Answer | Promise<Answer>;

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const done: Answer = { status: 204 };
export const created = (location: string): Answer => ({ status: 201, headers: { location } });

export const CLASS_CAST = (from: string, to: string): string => {
  const name = (short: string): string => `com.fasterxml.jackson.databind.node.${short}`;
  return `class ${name(from)} cannot be cast to class ${name(to)} (${name(from)} and ${name(to)} are in unnamed module of loader org.apache.felix.framework.BundleWiringImpl$BundleClassLoader @52d10df4)`;
};

/** The body as ONOS reads it, an object or nothing else. @throws Refusal in the words of Jackson and Java */
export function readTree(body: string): Json {
  if (body.trim() === '') throw broken(CLASS_CAST('MissingNode', 'ObjectNode'));
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    const at = body.search(/[^\s{[]/);
    const odd = body[at] ?? '';
    throw illegal(
      `com.fasterxml.jackson.core.JsonParseException: Unexpected character ('${odd}' (code ${odd.charCodeAt(0) || 0})): was expecting double-quote to start field name\n at [Source: (org.glassfish.jersey.message.internal.EntityInputStream); line: 1, column: ${at + 2}]`,
    );
  }
  if (!isObject(json)) throw broken(CLASS_CAST(Array.isArray(json) ? 'ArrayNode' : 'TextNode', 'ObjectNode'));
  return json;
}
