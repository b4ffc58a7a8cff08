import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { decode, issuesToText, ListSnapshot } from '@guardpost/contracts';

/** The last good lists on disk: what a tracer enforces while Redis is away, and the versions below which it does not go. */
export class ListStore {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Undefined where there is none yet. Throws on a file that is no list of this name. */
  load(name: string): ListSnapshot | undefined {
    let text: string;
    try {
      text = readFileSync(this.path(name), 'utf8');
    } catch {
      return undefined;
    }
    const decoded = decode(ListSnapshot, JSON.parse(text));
    if ('issues' in decoded) throw new Error(`${this.path(name)}: ${issuesToText(decoded.issues)}`);
    if (decoded.value.list !== name) throw new Error(`${this.path(name)} is the list ${decoded.value.list}`);
    return decoded.value;
  }

  /** All or nothing: written beside it, synced, renamed. */
  async save(snapshot: ListSnapshot): Promise<void> {
    const path = this.path(snapshot.list);
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(snapshot));
      await file.sync();
    } catch (error) {
      rmSync(`${path}.new`, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  private path(name: string): string {
    return join(this.folder, `${name}.json`);
  }
}
