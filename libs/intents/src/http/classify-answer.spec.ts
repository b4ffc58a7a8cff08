import { describe, expect, it } from 'vitest';
import { recorded } from '../../../../test/fixtures/onos/recorded.js';
import type { OnosClient } from '../onos-client.js';
import { serveAnswers } from '../../../../test/fixtures/onos/answer-server.js';
import { clientsUnderTest, PASSWORD, RULE } from '../../../../test/fixtures/onos/client-under-test.js';
import type { OnosErrorKind } from './onos-error.js';

const client = clientsUnderTest();
type Run = (onos: OnosClient) => () => Promise<unknown>;
const devices: Run = (onos) => onos.devices.list();
const device: Run = (onos) => onos.devices.get('of:0000000000000099');
const intent: Run = (onos) => onos.intents.get('org.onosproject.core', 'nosuch');
const withdraw: Run = (onos) => onos.intents.withdraw('org.onosproject.core', 'nosuch');
const submit: Run = (onos) =>
  onos.intents.submit({ type: 'HostToHostIntent', appId: 'a', one: '02:00:00:00:00:01/None', two: '02:00:00:00:00:02/None' });
const add: Run = (onos) => onos.flows.add('org.guardpost', RULE);
const addAll: Run = (onos) => onos.flows.addAll('org.guardpost', [RULE]);
const acl: Run = (onos) => onos.acl.add({ srcIp: '10.0.0.1/32' });
const rules: Run = (onos) => onos.acl.list();
const node: Run = (onos) => onos.cluster.node('10.9.9.9');
const netcfg: Run = (onos) => onos.netcfg.apply({ devices: { 'of:0000000000000001': { basic: { nosuch: 1 } } } });
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
  ['acl-post-duplicate.json', 500, acl, 'conflict', false, 'A rule that is there covers it'],
  ['acl-post-badjson.txt', 207, acl, 'refused', false, 'Unable to parse ACL request'],
  ['acl-post-bad-ip.txt', 207, acl, 'refused', false, 'Correct what was sent'],
  ['acl-post-ipv6-host.txt', 207, acl, 'server-error', false, 'in no switch'],
  ['stopping.html', 500, acl, 'server-error', true, 'Try again later'],
  ['app-just-active.json', 404, rules, 'unreachable', true, 'REST interface is not (yet) there'],
  ['not-found-path.json', 404, rules, 'refused', false, 'is the application active'],
  ['cluster-node-unknown.json', 500, node, 'not-found', false, 'no such node'],
  ['netcfg-refused.json', 207, netcfg, 'refused', false, 'Field is not allowed'],
  ['not-found-path.json', 404, devices, 'refused', false, 'is the application active'],
  ['starting.json', 503, devices, 'server-error', true, 'DeviceService not found'],
  ['stopping.html', 500, devices, 'server-error', true, 'Try again later'],
];

describe("ONOS' refusals", () => {
  it.each(table)('%s with %i', async (file, status, run, kind, retryable, says) => {
    await using server = await serveAnswers(() => ({ status, body: recorded(file) }));
    const result = await run(client([server.url]))();
    expect(result).toMatchObject({ _tag: 'Left', left: { kind, retryable, status } });
    const text = JSON.stringify(result);
    expect(text).toContain(says.replaceAll('"', '\\"'));
    expect(text).toContain(`${server.url}/onos/v1/`);
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain(Buffer.from(`onos:${PASSWORD}`).toString('base64'));
  });

  it.each<[string, number, string, OnosErrorKind]>([
    ['Jetty without ONOS', 404, '{"servlet":"-","message":"Not Found","url":"/onos/v1/devices","status":"404"}', 'unreachable'],
    ['another web server', 404, '<html><body>nginx</body></html>', 'unreachable'],
    ['a path nobody serves', 404, '', 'refused'],
    ['a state that contradicts', 409, '{"code":409,"message":"busy"}', 'conflict'],
    ['a message of megabytes', 400, `{"code":400,"message":"${'x'.repeat(1_000_000)}"}`, 'refused'],
    ['a duplicate', 500, '{"code":500,"message":"rule already exists"}', 'conflict'],
    ['a redirect', 307, '', 'refused'],
    ['no right', 403, '{"code":403,"message":"Forbidden"}', 'unauthorised'],
  ])('%s: %i is told apart by its body', async (_name, status, body, kind) => {
    await using server = await serveAnswers(() => ({ status, body }));
    expect(await client([server.url]).devices.list()()).toMatchObject({ _tag: 'Left', left: { kind } });
  });
});
