import { ConfigError, readYaml } from '@guardpost/platform';
import { TracerConfigFile, withDefaults, type TracerConfig } from './tracer-config.codec.js';

/** The one place that reads the environment. */
export function loadConfig(): TracerConfig {
  const path = process.env['GUARDPOST_CONFIG'];
  if (path === undefined) throw new ConfigError('GUARDPOST_CONFIG names no file: set it to the path of tracer.yaml');
  const redisUrl = process.env['REDIS_URL'];
  if (redisUrl === undefined) throw new ConfigError('REDIS_URL is not set: set it to redis://HOST:PORT');
  return Object.freeze(withDefaults(readYaml(path, TracerConfigFile), redisUrl));
}

/** What a child process that talks to a bridge of Open vSwitch gets as its environment. */
export const ovsEnvironment = (rundir: string): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], OVS_RUNDIR: rundir });
