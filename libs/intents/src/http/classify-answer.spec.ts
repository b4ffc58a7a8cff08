import { describe, expect, it } from 'vitest';
import { recorded } from '../../../../test/fixtures/onos/recorded.js';
import { createOnosClient, type OnosClient } from '../onos-client.js';
import { serveAnswers } from '../../../../test/fixtures/onos/answer-server.js';
import type { OnosErrorKind } from './onos-error.js';
import { dropRule } from '../flows/flow-rule.codec.js';

const RULE = dropRule('of:0000000000000001', 800, []);
type Run = (onos: OnosClient) => () => Promise<unknown>;
const devices: Run = (onos) => onos.devices.list();
const device: Run = (onos) => onos.devices.get('of:0000000000000099');
const intent: Run = (onos) => onos.intents.get('org.onosproject.core', 'nosuch');
const withdraw: Run = (onos) => onos.intents.withdraw('org.onosproject.core', 'nosuch');
const submit: Run = (onos) =>
  onos.intents.submit({ type: 'HostToHostIntent', appId: 'a', one: '02:00:00:00:00:01/None', two: '02:00:00:00:00:02/None' });
const add: Run = (onos) => onos.flows.add('org.guardpost', RULE);
const addAll: Run = (onos) => onos.flows.addAll('org.guardpost', [RULE]);
const ofDevice: Run = (onos) => onos.flows.ofDevice('of:0000000000000099');

const table: ReadonlyArray<[file: string, status: number, Run, OnosErrorKind, retryable: boolean, says: string]> = [
  ['auth-none.json', 401, devices, 'unauthorised', false, 'Unauthorized'],
  ['auth-bad-password.json', 401, add, 'unauthorised', false, 'Check user and password'],
  ['device-get-unknown.json', 404, device, 'not-found', false, 'Device is not found'],
  ['flows-get-unknown-device.json', 404, ofDevice, 'not-found', false, 'Device is not found'],
  ['intent-get-missing.json', 400, intent, 'not-found', false, 'nosuch'],
  ['intent-get-missing-num.json', 404, intent, 'not-found', false, 'Intent is not found'],
  ['intent-get-missing-app.json', 404, intent, 'not-found', false, 'Application Id not found'],
  ['intent-delete-missing.json', 400, withdraw, 'not-found', false, 'nosuch'],
  ['intent-get-missing.json', 400, add, 'refused', false, 'For input string'],
  ['intent-post-unknown-app.json', 404, submit, 'not-found', false, 'Application ID is not found'],
  ['intent-post-unknown-type.json', 400, submit, 'refused', false, 'PathIntent is not supported'],
  ['sdnip-repost-verbatim.json', 400, submit, 'refused', false, 'PartialFailureConstraint'],
  ['intent-post-emptybody.json', 500, submit, 'server-error', false, 'MissingNode'],
  ['flow-post-bad-ip.json', 400, add, 'refused', false, '300.1.2.3'],
  ['flow-post-badjson.json', 400, add, 'refused', false, 'JsonParseException'],
  ['flow-post-bulk-empty.json', 400, addAll, 'refused', false, 'Flows array'],
  ['flow-post-bulk-notarray.json', 500, addAll, 'server-error', false, 'ArrayNode'],
  ['wrong-content-type.json', 415, submit, 'refused', false, 'Unsupported Media Type'],
  ['acl-post-duplicate.json', 500, add, 'server-error', false, 'Internal Server Error'],
  ['acl-post-badjson.txt', 207, add, 'refused', false, 'Unable to parse ACL request'],
  ['not-found-path.json', 404, devices, 'refused', false, 'is the application active'],
  ['starting.json', 503, devices, 'server-error', true, 'DeviceService not found'],
  ['stopping.html', 500, devices, 'server-error', true, 'Try again later'],
];

describe("ONOS' refusals", () => {
  it.each(table)('%s with %i', async (file, status, run, kind, retryable, says) => {
    await using server = await serveAnswers(() => ({ status, body: recorded(file) }));
    const onos = createOnosClient({ urls: [server.url], user: 'onos', password: 's3cret-rocks', backoffMs: 1 });
    const result = await run(onos)();
    onos.close();
    expect(result).toMatchObject({ _tag: 'Left', left: { kind, retryable, status } });
    const text = JSON.stringify(result);
    expect(text).toContain(says.replaceAll('"', '\\"'));
    expect(text).toContain(`${server.url}/onos/v1/`);
    expect(text).not.toContain('s3cret-rocks');
    expect(text).not.toContain(Buffer.from('onos:s3cret-rocks').toString('base64'));
  });

  it.each<[string, number, string, OnosErrorKind]>([
    ['Jetty without ONOS', 404, '{"servlet":"-","message":"Not Found","url":"/onos/v1/devices","status":"404"}', 'unreachable'],
    ['another web server', 404, '<html><body>nginx</body></html>', 'unreachable'],
    ['a path nobody serves', 404, '', 'refused'],
    ['a state that contradicts', 409, '{"code":409,"message":"busy"}', 'conflict'],
    ['a duplicate', 500, '{"code":500,"message":"rule already exists"}', 'conflict'],
    ['a redirect', 307, '', 'refused'],
    ['no right', 403, '{"code":403,"message":"Forbidden"}', 'unauthorised'],
  ])('%s: %i is told apart by its body', async (_name, status, body, kind) => {
    await using server = await serveAnswers(() => ({ status, body }));
    const onos = createOnosClient({ urls: [server.url], user: 'onos', password: 'rocks', backoffMs: 1 });
    expect(await onos.devices.list()()).toMatchObject({ _tag: 'Left', left: { kind } });
    onos.close();
  });
});
