import type { Detection } from '@guardpost/contracts';

/** For specs: one host of ours on port 11 of gist1's bridge talks to 198.51.100.7:80. */
export const detectionOf = (change: Partial<Detection> = {}): Detection => ({
  v: 1,
  id: 'gist1:1:1',
  revision: 0,
  box: 'gist1',
  detector: 'indicator',
  indicator: { id: 'i-1', prefix: '198.51.100.0/24', proto: null, port: null },
  flow: { remote: '198.51.100.7', local: '10.0.0.11', proto: 6, remotePort: 80, localPort: 40_000 },
  matched: 'destination',
  seen: [{ interface: 'host1.1', direction: 'ingress', device: 'of:0000000000000001', port: '11', vni: null }],
  packets: 1,
  bytes: 74,
  firstAt: 1_000,
  lastAt: 1_000,
  queuedAt: 1_100,
  ...change,
});
