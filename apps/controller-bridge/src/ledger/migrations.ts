import { sql, type Kysely, type Migration } from 'kysely';
import type { LedgerTables } from './tables.js';

type Db = Kysely<LedgerTables>;

const one: Migration = {
  async up(db: Db) {
    const table = (name: keyof LedgerTables) => db.schema.createTable(name);
    await table('lease')
      .addColumn('name', 'text', (c) => c.primaryKey())
      .addColumn('holder', 'text', (c) => c.notNull())
      .addColumn('until_ms', 'bigint', (c) => c.notNull())
      .execute();
    await table('request')
      .addColumn('request_id', 'text', (c) => c.primaryKey())
      .addColumn('kind', 'text', (c) => c.notNull())
      .addColumn('result_json', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .execute();
    await table('indicator')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('rule', 'integer', (c) => c.notNull().unique())
      .addColumn('feed', 'text', (c) => c.notNull())
      .addColumn('prefix', 'text', (c) => c.notNull())
      .addColumn('proto', 'integer')
      .addColumn('port', 'integer')
      .addColumn('confidence', 'integer', (c) => c.notNull())
      .addColumn('valid_from', 'bigint', (c) => c.notNull())
      .addColumn('valid_until', 'bigint')
      .addColumn('note', 'text')
      .addColumn('added_at', 'bigint', (c) => c.notNull())
      .addColumn('removed_at', 'bigint')
      .execute();
    await db.schema.createIndex('indicator_prefix').on('indicator').columns(['prefix', 'feed']).execute();
    await table('received')
      .addColumn('box', 'text', (c) => c.notNull())
      .addColumn('boot', 'text', (c) => c.notNull())
      .addColumn('seq', 'bigint', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('received_pk', ['box', 'boot', 'seq'])
      .execute();
    await table('detection')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('revision', 'integer', (c) => c.notNull())
      .addColumn('box', 'text', (c) => c.notNull())
      .addColumn('body_json', 'text', (c) => c.notNull())
      .addColumn('received_at', 'bigint', (c) => c.notNull())
      .addColumn('decision', 'text', (c) => c.notNull())
      .addColumn('mitigation_id', 'text')
      .execute();
    await db.schema.createIndex('detection_received').on('detection').column('received_at').execute();
    await table('mitigation')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('target_key', 'text', (c) => c.notNull())
      .addColumn('prefix', 'text', (c) => c.notNull())
      .addColumn('proto', 'integer')
      .addColumn('port', 'integer')
      .addColumn('actions', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('live', 'integer', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('by', 'text', (c) => c.notNull())
      .addColumn('offence', 'integer', (c) => c.notNull())
      .addColumn('detection_id', 'text')
      .addColumn('first_packet_at', 'bigint')
      .addColumn('queued_at', 'bigint')
      .addColumn('received_at', 'bigint')
      .addColumn('created_at', 'bigint', (c) => c.notNull())
      .addColumn('expires_at', 'bigint', (c) => c.notNull())
      .addColumn('lifted_at', 'bigint')
      .addColumn('muted_until', 'bigint')
      .execute();
    await sql`create unique index mitigation_one_live on mitigation (target_key) where live = 1`.execute(db);
    await db.schema.createIndex('mitigation_target').on('mitigation').columns(['target_key', 'created_at']).execute();
    await table('placement')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('mitigation_id', 'text', (c) => c.notNull().references('mitigation.id'))
      .addColumn('action', 'text', (c) => c.notNull())
      .addColumn('box', 'text')
      .addColumn('device', 'text')
      .addColumn('in_port', 'text')
      .addColumn('side', 'text')
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('flow_id', 'text')
      .addColumn('attempts', 'integer', (c) => c.notNull())
      .addColumn('retry_at', 'bigint', (c) => c.notNull())
      .addColumn('problem', 'text')
      .addColumn('requested_at', 'bigint', (c) => c.notNull())
      .addColumn('accepted_at', 'bigint')
      .addColumn('confirmed_at', 'bigint')
      .addColumn('first_hit_at', 'bigint')
      .addColumn('packets', 'bigint', (c) => c.notNull())
      .addColumn('bytes', 'bigint', (c) => c.notNull())
      .addColumn('drifts', 'integer', (c) => c.notNull())
      .execute();
    // Null is not equal to null in a unique index: what is absent counts as ''.
    await sql`create unique index placement_once on placement
      (mitigation_id, action, coalesce(box, ''), coalesce(device, ''), coalesce(in_port, ''), coalesce(side, ''))`.execute(db);
    await db.schema.createIndex('placement_flow').on('placement').column('flow_id').execute();
    await table('transition')
      .addColumn('mitigation_id', 'text', (c) => c.notNull())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('from_state', 'text')
      .addColumn('to_state', 'text', (c) => c.notNull())
      .addColumn('who', 'text', (c) => c.notNull())
      .addColumn('why', 'text', (c) => c.notNull())
      .execute();
    await db.schema.createIndex('transition_of').on('transition').columns(['mitigation_id', 'at']).execute();
    await table('dead_letter')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('dedupe', 'text', (c) => c.notNull().unique())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('side', 'text', (c) => c.notNull())
      .addColumn('by', 'text', (c) => c.notNull())
      .addColumn('channel', 'text', (c) => c.notNull())
      .addColumn('reason', 'text', (c) => c.notNull())
      .addColumn('sample', 'text', (c) => c.notNull())
      .execute();
    await table('position')
      .addColumn('instance', 'text', (c) => c.notNull())
      .addColumn('stream', 'text', (c) => c.notNull())
      .addColumn('entry', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('position_pk', ['instance', 'stream'])
      .execute();
  },
};

const two: Migration = {
  async up(db: Db) {
    await db.schema
      .alterTable('mitigation')
      .addColumn('scope', 'text', (c) => c.notNull().defaultTo('nearest'))
      .execute();
    for (const column of ['role', 'rule_json', 'rule_key', 'intent_app', 'intent_key', 'record_json'])
      await db.schema.alterTable('placement').addColumn(column, 'text').execute();
    await db.schema.alterTable('placement').addColumn('priority', 'integer').execute();
    await db.updateTable('placement').set({ priority: 800 }).where('action', '=', 'drop-flow').execute();
    await db.schema.dropIndex('placement_once').execute();
    await sql`create unique index placement_once on placement
      (mitigation_id, action, coalesce(role, ''), coalesce(box, ''), coalesce(device, ''), coalesce(in_port, ''), coalesce(side, ''),
       coalesce(rule_key, ''), coalesce(intent_app, ''), coalesce(intent_key, ''))`.execute(db);
    await db.schema.createIndex('placement_rule').on('placement').column('rule_key').execute();
    await db.schema.createIndex('placement_intent').on('placement').columns(['intent_app', 'intent_key']).execute();
    await db.schema
      .createTable('audit')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('at', 'bigint', (c) => c.notNull())
      .addColumn('who', 'text', (c) => c.notNull())
      .addColumn('what', 'text', (c) => c.notNull())
      .addColumn('subject', 'text', (c) => c.notNull())
      .addColumn('request_json', 'text', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .execute();
  },
};

/** In the order of their names; one that has run is never changed. */
export const migrations: Record<string, Migration> = { '0001-ledger': one, '0002-withdrawals-and-scopes': two };
