import { readFileSync } from 'node:fs';
import { issuesToText, requestSchema } from '@guardpost/contracts';
import type * as t from 'io-ts';
import { parse } from 'yaml';

/** A configuration that can't be used: which file or variable, where in it, and what was expected. Never the value. */
export class ConfigError extends Error {}

/** Reads a YAML file strictly: a key that the codec does not know is refused. The result is frozen to its depth. */
export function readYaml<A, O>(path: string, codec: t.Type<A, O>): A {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw new ConfigError(`${path} is no YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const result = requestSchema(codec)['~standard'].validate(raw);
  if (result instanceof Promise) throw new ConfigError('validation is synchronous');
  if (result.issues !== undefined) throw new ConfigError(`${path}: ${issuesToText(result.issues)}`);
  return deepFreeze(result.value);
}

function deepFreeze<A>(value: A): A {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
