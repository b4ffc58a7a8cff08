import { annotate, BoxId, DeviceId, integer, matching } from '@guardpost/contracts';
import * as t from 'io-ts';

const LogLevel = t.keyof({ error: null, warn: null, info: null, debug: null });

/** The bridge's YAML file. Addresses and secrets come from the environment. */
export const BridgeConfig = t.intersection([
  t.type({
    /** Name of this bridge among several: also the name of its key file at the boxes. */
    instance: matching('Instance', /^[a-z][a-z0-9-]{0,31}$/),
    /** Folder of the ledger, unless DATABASE_URL names another. */
    stateDir: t.string,
    keys: t.type({
      /** This bridge's Ed25519 private key, PEM. */
      private: t.string,
      /** Folder of the boxes' public keys, one BOX.pem each. */
      trusted: t.string,
      /** Folder of the public keys of this and the other bridges, one INSTANCE.pem each. */
      bridges: t.string,
    }),
    http: t.type({ host: t.string, port: integer('TcpPort', 0, 65_535) }),
    /** File that holds the API token. */
    tokenFile: t.string,
    policyFile: t.string,
    boxes: t.array(t.type({ id: BoxId, site: t.string, devices: t.array(DeviceId) })),
  }),
  t.partial({ logLevel: annotate(LogLevel, { description: 'error, warn, info or debug; default info' }) }),
]);
export type BridgeConfig = t.TypeOf<typeof BridgeConfig>;
