import * as t from 'io-ts';

/** An application of ONOS (ApplicationCodec). `state`: `INSTALLED` or `ACTIVE`. */
export const Application = t.intersection(
  [
    t.type({ name: t.string, id: t.number, version: t.string, state: t.string }),
    t.partial({ category: t.string, description: t.string, requiredApps: t.array(t.string) }),
  ],
  'Application',
);
export type Application = t.TypeOf<typeof Application>;

/** A name that may own rules and intents, and its number (ApplicationIdCodec). */
export const ApplicationId = t.type({ id: t.number, name: t.string }, 'ApplicationId');
export type ApplicationId = t.TypeOf<typeof ApplicationId>;
