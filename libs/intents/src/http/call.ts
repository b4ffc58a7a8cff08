import type { OnosErrorKind } from './onos-error.js';

/** What an answer means at one resource, where its status alone would mislead. */
export interface Reading {
  readonly kind: OnosErrorKind;
  /** A sentence for who reads the message: what to do. */
  readonly advice: string;
}

/** One request of ONOS' REST interface, before it is known which ONOS gets it. */
export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/onos/v1`, encoded. */
  readonly path: string;
  /** Of an application with a REST interface of its own: the path is below `/onos/SERVICE` instead. */
  readonly service?: string;
  /** JSON text. */
  readonly body?: string;
  /** May be sent again when its fate is not known. */
  readonly repeatable: boolean;
  /** `said`: the message in the answer's body. Undefined where the status means here what it means everywhere. */
  readonly explain?: (status: number, said: string) => Reading | undefined;
  /** Finding nothing is success, once an attempt was made whose answer was lost. */
  readonly goneIsDone?: boolean;
  /** Milliseconds, where this call may take longer than others. */
  readonly timeoutMs?: number;
}

/** An answer with a status of success. `body` is empty where ONOS sends none. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly location: string | undefined;
  /** Base URL of the ONOS that answered. */
  readonly from: string;
}

/** Fills identifiers into a path: `/` becomes `%2F` (raw, ONOS answers 404), `:` stays readable. */
export function path(parts: TemplateStringsArray, ...ids: readonly string[]): string {
  return parts.reduce((whole, part, i) => whole + segment(ids[i - 1] ?? '') + part);
}

const segment = (id: string): string => encodeURIComponent(id).replaceAll('%3A', ':');

/** Empty and dotted segments would reach another resource than the one meant: `DELETE /flows/{device}/..` and the like. */
export function isStray(callPath: string): boolean {
  const [resource = ''] = callPath.split('?');
  return resource
    .slice(1)
    .split('/')
    .some((part) => part === '' || part === '.' || part === '..');
}

/** The address of a call at an ONOS whose base URL ends with `/onos/v1`. */
export const urlOf = ({ path: below, service }: Call, base: string): string =>
  (service === undefined ? base : base.replace(/\/v1$/, `/${service}`)) + below;
