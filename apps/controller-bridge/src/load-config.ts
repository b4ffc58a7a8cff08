import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, readYaml } from '@guardpost/platform';
import { BridgeConfig } from './config.codec.js';

export interface Settings extends BridgeConfig {
  readonly redisUrl: string;
  readonly onos: { readonly urls: string[]; readonly user: string; readonly password: string };
  /** File of the SQLite ledger. Several bridges of one network share it. */
  readonly ledgerFile: string;
  readonly token: string;
}

/** The only reader of `process.env`. Throws `ConfigError` with what is missing and where it belongs. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Settings {
  const config = readYaml(need(env, 'GUARDPOST_CONFIG', 'the path of the YAML file'), BridgeConfig);
  const token = readToken(config.tokenFile);
  return Object.freeze({
    ...config,
    redisUrl: need(env, 'REDIS_URL', 'redis://HOST:PORT'),
    onos: Object.freeze({
      urls: need(env, 'ONOS_URLS', 'http://HOST:8181, several divided by commas')
        .split(',')
        .map((u) => u.trim()),
      user: need(env, 'ONOS_USER', 'the ONOS account'),
      password: need(env, 'ONOS_PASSWORD', 'its password'),
    }),
    ledgerFile: ledgerFile(env['DATABASE_URL'], config.stateDir),
    token,
  });
}

function need(env: NodeJS.ProcessEnv, name: string, what: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new ConfigError(`${name} is not set: it takes ${what}`);
  return value;
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch {
    throw new ConfigError(`the API token file ${file} can't be read`);
  }
  if (token.length < 16) throw new ConfigError(`the API token in ${file} is shorter than 16 characters`);
  return token;
}

function ledgerFile(url: string | undefined, stateDir: string): string {
  if (url === undefined || url === '') return join(stateDir, 'ledger.db');
  if (url.startsWith('sqlite:')) return url.slice('sqlite:'.length);
  throw new ConfigError('DATABASE_URL takes sqlite:/path/of/ledger.db');
}
