import { readFileSync } from 'node:fs';
import { ConfigError, readYaml } from '@guardpost/platform';
import { TracerConfigFile, withDefaults, type TracerConfig } from './tracer-config.codec.js';

/** The one place that reads the environment. */
export function loadConfig(): TracerConfig {
  const path = process.env['GUARDPOST_CONFIG'];
  if (path === undefined) throw new ConfigError('GUARDPOST_CONFIG names no file: set it to the path of tracer.yaml');
  const redisUrl = process.env['REDIS_URL'];
  if (redisUrl === undefined) throw new ConfigError('REDIS_URL is not set: set it to redis://HOST:PORT');
  const file = readYaml(path, TracerConfigFile);
  return Object.freeze(withDefaults(file, redisUrl, readToken(file.http.tokenFile)));
}

function readToken(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch {
    throw new ConfigError(`the token file ${path} can't be read`);
  }
  if (token.length < 16) throw new ConfigError(`the token in ${path} is shorter than 16 characters`);
  return token;
}

/** What a child process that talks to a bridge of Open vSwitch gets as its environment. */
export const ovsEnvironment = (rundir: string): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], OVS_RUNDIR: rundir });
