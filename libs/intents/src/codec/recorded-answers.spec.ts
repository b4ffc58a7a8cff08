import { isLeft } from 'fp-ts/lib/Either.js';
import * as t from 'io-ts';
import { describe, expect, it } from 'vitest';
import { recordedJson } from '../../../../test/fixtures/onos/recorded.js';
import { AclRule } from '../acl/acl-rule.codec.js';
import { Application, ApplicationId } from '../applications/application.codec.js';
import { ClusterNode, SystemInfo } from '../cluster/cluster.codec.js';
import { Device, DeviceStatistics, Port } from '../devices/device.codec.js';
import { FlowEntry, FlowRef } from '../flows/flow-rule.codec.js';
import { isDrop } from '../flows/treatment.codec.js';
import { Host } from '../hosts/host.codec.js';
import {
  HostToHostIntent,
  Intent,
  isKnownIntent,
  MultiPointToSinglePointIntent,
  OtherIntent,
  PointToPointIntent,
  SinglePointToMultiPointIntent,
} from '../intents/intent.codec.js';
import { MiniSummary } from '../intents/mini-summary.codec.js';
import { RelatedFlows } from '../intents/related-flows.codec.js';
import { Link } from '../links/link.codec.js';
import { bgpSpeakersOf, NetworkConfiguration } from '../netcfg/network-configuration.codec.js';
import { DisjointPaths, Path } from '../paths/path.codec.js';
import { Topology, TopologyCluster } from '../topology/topology.codec.js';
import { report } from './report.js';

function decoded<C extends t.Mixed>(codec: C, value: unknown): t.TypeOf<C> {
  const result = codec.decode(value);
  if (isLeft(result)) throw new Error(report(result.left));
  return result.right;
}

const lists = <C extends t.Mixed>(name: string, item: C) => t.type({ [name]: t.array(item) });

describe('recorded answers of ONOS 2.7.0', () => {
  it.each<[string, t.Mixed]>([
    ['devices.json', lists('devices', Device)],
    ['device.json', Device],
    ['device-disconnected.json', Device],
    ['device-ports.json', lists('ports', Port)],
    ['links.json', lists('links', Link)],
    ['link-down-links.json', lists('links', Link)],
    ['hosts.json', lists('hosts', Host)],
    ['sdnip-hosts.json', lists('hosts', Host)],
    ['topology.json', Topology],
    ['cluster.json', lists('nodes', ClusterNode)],
    ['applications.json', lists('applications', Application)],
    ['application-sdnip.json', Application],
    ['applications-ids.json', lists('applicationIds', ApplicationId)],
    ['system.json', SystemInfo],
    ['topology-clusters.json', lists('clusters', TopologyCluster)],
    ['paths.json', lists('paths', Path)],
    ['paths-hosts.json', lists('paths', Path)],
    ['paths-disjoint.json', lists('paths', DisjointPaths)],
    ['acl-get.json', lists('aclRules', AclRule)],
    ['statistics-ports.json', lists('statistics', DeviceStatistics)],
    ['sdnip-netcfg.json', NetworkConfiguration],
    ['network-configuration-empty.json', NetworkConfiguration],
    ['intents-detail.json', lists('intents', Intent)],
    ['sdnip-intents-detail.json', lists('intents', Intent)],
    ['intent-get-p2p-1.json', PointToPointIntent],
    ['intent-get-m2s-1.json', MultiPointToSinglePointIntent],
    ['sdnip-m2s-get.json', MultiPointToSinglePointIntent],
    ['intent-get-s2m-1.json', SinglePointToMultiPointIntent],
    ['intent-get-h2h-1.json', HostToHostIntent],
    ['sdnip-m2s-relatedflows.json', RelatedFlows],
    ['sdnip-m2s-installables.json', lists('installables', OtherIntent)],
    ['intents-minisummary.json', MiniSummary],
    ['flows-with-intents.json', lists('flows', FlowEntry)],
    ['flows-by-app.json', lists('flows', FlowEntry)],
    ['flows-by-app-cli.json', lists('flows', FlowEntry)],
    ['flow-get-one.json', lists('flows', FlowEntry)],
    ['flow-post-bulk.json', lists('flows', FlowRef)],
  ])('%s decodes and is given back whole', (file, codec) => {
    const answer = recordedJson(file);
    expect(codec.encode(decoded(codec, answer))).toEqual(answer);
  });

  it('names the BGP speakers and their peers', () => {
    expect(bgpSpeakersOf(decoded(NetworkConfiguration, recordedJson('sdnip-netcfg.json')))).toEqual([
      { name: 'speaker1', connectPoint: 'of:0000000000000004/22', peers: ['192.168.1.2', '192.168.2.2', '192.168.3.2'] },
    ]);
    expect(bgpSpeakersOf(decoded(NetworkConfiguration, recordedJson('network-configuration-empty.json')))).toEqual([]);
  });

  it("shows that a route intent's selector is empty while its rules match the prefix", () => {
    expect(decoded(MultiPointToSinglePointIntent, recordedJson('sdnip-m2s-get.json')).selector.criteria).toEqual([]);
    const related = decoded(RelatedFlows, recordedJson('sdnip-m2s-relatedflows.json'));
    expect(related.paths.flat().flatMap(({ selector }) => selector.criteria)).toContainEqual({ type: 'IPV4_DST', ip: '203.0.113.0/24' });
  });

  it('knows a drop by its treatment', () => {
    const { flows = [] } = decoded(lists('flows', FlowEntry), recordedJson('flows-by-app-cli.json'));
    const outputs = flows.filter(({ treatment }) => JSON.stringify(treatment).includes('OUTPUT'));
    expect(outputs.length).toBeGreaterThan(0);
    for (const flow of flows) expect(isDrop(flow.treatment)).toBe(!outputs.includes(flow));
    expect([undefined, {}, { instructions: [] }, { clearDeferred: true, instructions: [] }].every(isDrop)).toBe(true);
    expect(isDrop({ deferred: [{ type: 'OUTPUT', port: '1' }] })).toBe(false);
  });

  it('keeps what it does not know, and reports what is wrong by path', () => {
    const flow = {
      ...(recordedJson('flow-get-one.json') as { flows: object[] }).flows[0],
      selector: { criteria: [{ type: 'ICMPV4_TYPE', icmpType: 8 }] },
      news: [1],
    };
    expect(decoded(FlowEntry, flow)).toEqual(flow);
    const other = { type: 'LinkCollectionIntent', id: '0x1', key: 'k', appId: 'a', resources: [], state: 'INSTALLED', links: [] };
    expect(isKnownIntent(decoded(Intent, other))).toBe(false);
    expect(decoded(Intent, other)).toEqual(other);

    const wrong = (codec: t.Mixed, value: unknown): string => {
      const result = codec.decode(value);
      return isLeft(result) ? report(result.left) : 'nothing wrong';
    };
    expect(wrong(lists('devices', Device), { devices: [recordedJson('device.json'), { id: 17 }] })).toBe(
      'devices[1].id: string expected, got 17',
    );
    expect(wrong(FlowEntry, { ...flow, selector: { criteria: [{ type: 'TCP_DST', tcpPort: 70_000 }] } })).toBe(
      'selector.criteria[0].tcpPort: TransportPort expected, got 70000',
    );
    expect(
      wrong(lists('intents', Intent), {
        intents: [recordedJson('sdnip-m2s-get.json'), { ...(recordedJson('sdnip-m2s-get.json') as object), ingressPoint: [{ port: '1' }] }],
      }),
    ).toBe('intents[1].ingressPoint[0].device: string expected, got nothing');
    expect(wrong(lists('intents', Intent), {})).toContain('intents: Array');
    expect(wrong(Device, null)).toContain('the answer: ');
  });
});
