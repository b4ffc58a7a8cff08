import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '../config/read-config.js';

/** First 16 hexadecimal digits of SHA-256 over the SPKI of a public key, or of the public half of a private one. */
export function keyId(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/** An Ed25519 private key from a PKCS#8 PEM file. */
export function readPrivateKey(path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(readFileSync(path));
  } catch {
    throw new ConfigError(`${path} holds no readable private key in PEM (PKCS#8)`);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new ConfigError(`${path} holds a key of type ${key.asymmetricKeyType}, not ed25519`);
  return key;
}

/** Public keys by key id, each with the sender that it belongs to: the file `NAME.pem` of a folder is the key of NAME. */
export function readKeyRing(folder: string): ReadonlyMap<string, { name: string; key: KeyObject }> {
  if (!existsSync(folder)) throw new ConfigError(`the folder of trusted keys ${folder} does not exist`);
  const ring = new Map<string, { name: string; key: KeyObject }>();
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.pem'))) {
    const key = createPublicKey(readFileSync(join(folder, file)));
    ring.set(keyId(key), { name: basename(file, '.pem'), key });
  }
  if (ring.size === 0) throw new ConfigError(`the folder of trusted keys ${folder} holds no *.pem file: nobody would be believed`);
  return ring;
}

/** Makes a key pair once: the private key readable by its owner only, the public one at `publicPath`. */
export function makeKeyPair(privatePath: string, publicPath: string): void {
  if (existsSync(privatePath) && existsSync(publicPath)) return;
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  for (const path of [privatePath, publicPath]) mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(privatePath, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(publicPath, publicKey.export({ type: 'spki', format: 'pem' }));
}
