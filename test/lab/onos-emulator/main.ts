// node --import tsx main.ts CONFIG.json: the embedded ONOS, in the foreground, until SIGTERM. README.md says what it is.
import { readConfig } from './config.js';
import { startEmulator } from './emulator.js';

const file = process.argv[2];
if (file === undefined) throw new Error('expected the path of a configuration');
const log = (message: string): void => void process.stderr.write(`${new Date().toISOString()} ${message}\n`);
const emulator = await startEmulator(readConfig(file), log);
log(`listens on port ${emulator.port}`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void emulator.close().then(() => process.exit(0));
  });
}
