import { readFileSync } from 'node:fs';
import { EventEmitter } from 'node:events';
import * as t from 'io-ts';
import { isLeft } from 'fp-ts/lib/Either.js';

const Application = t.intersection([
  t.type({ name: t.string, id: t.number, state: t.string, requiredApps: t.readonlyArray(t.string) }),
  t.UnknownRecord,
]);
type Application = t.TypeOf<typeof Application>;
const Catalogue = t.type({ applications: t.array(Application) });
const Ids = t.type({ applicationIds: t.array(t.type({ id: t.number, name: t.string })) });

/** The answers of a real ONOS: the same applications under the same numbers. */
function recorded<A>(file: string, codec: t.Decoder<unknown, A>): A {
  const decoded = codec.decode(JSON.parse(readFileSync(new URL(`../../fixtures/onos/${file}`, import.meta.url), 'utf8')));
  if (isLeft(decoded)) throw new Error(`${file}: not as recorded`);
  return decoded.right;
}

interface ApplicationEvents {
  active: [name: string, active: boolean];
}

/** Applications, active or not, and the numbers of all names that own something. */
export class Applications extends EventEmitter<ApplicationEvents> {
  private readonly catalogue = recorded('applications.json', Catalogue).applications;
  private readonly ids = new Map(recorded('applications-ids.json', Ids).applicationIds.map(({ id, name }) => [name, id]));

  list(): readonly Application[] {
    return this.catalogue;
  }
  get(name: string): Application | undefined {
    return this.catalogue.find((one) => one.name === name);
  }
  isActive(name: string): boolean {
    return this.get(name)?.state === 'ACTIVE';
  }
  /** With everything it requires. */
  activate(app: Application): void {
    for (const required of app.requiredApps) this.activate(this.get(required) ?? app);
    this.set(app, 'ACTIVE');
  }
  /** With everything that requires it, which is not activated again with it. */
  deactivate(app: Application): void {
    for (const other of this.catalogue) if (other.state === 'ACTIVE' && other.requiredApps.includes(app.name)) this.deactivate(other);
    this.set(app, 'INSTALLED');
  }

  readonly register = (name: string): number => {
    const id = this.ids.get(name) ?? Math.max(...this.ids.values()) + 1;
    this.ids.set(name, id);
    return id;
  };
  readonly isRegistered = (name: string): boolean => this.ids.has(name);
  registered(): { id: number; name: string }[] {
    return [...this.ids].map(([name, id]) => ({ id, name }));
  }

  private set(app: Application, state: 'ACTIVE' | 'INSTALLED'): void {
    if (app.state === state) return;
    app.state = state;
    this.emit('active', app.name, state === 'ACTIVE');
  }
}
