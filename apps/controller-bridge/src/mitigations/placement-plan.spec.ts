import { describe, expect, it } from 'vitest';
import { detectionOf } from '../testing/detection.fixture.js';
import { placementsFor, type WantedPlacement } from './placement-plan.js';

const device = 'of:0000000000000001';
const rule = (side: 'from' | 'to', inPort: string | null): WantedPlacement => ({ action: 'drop-flow', box: 'gist1', device, inPort, side });
const known = (w: WantedPlacement) => ({ action: w.action, box: w.box, device: w.device, in_port: w.inPort, side: w.side });

describe('placementsFor', () => {
  it('drops both directions: to the remote at the port where our host enters, from it at any port', () => {
    expect(placementsFor(detectionOf(), ['drop-flow'], [])).toEqual([rule('from', null), rule('to', '11')]);
  });

  it('knows the port of the other direction when the remote was seen entering', () => {
    const seen = [{ interface: 'gateway1.1', direction: 'ingress' as const, device, port: '5', vni: null }];
    expect(placementsFor(detectionOf({ matched: 'source', seen }), ['drop-flow'], [])).toEqual([rule('from', '5'), rule('to', null)]);
  });

  it('takes no port from a packet that was only seen leaving', () => {
    const seen = [{ interface: 'gateway1.1', direction: 'egress' as const, device, port: '5', vni: null }];
    expect(placementsFor(detectionOf({ seen }), ['drop-flow'], [])).toEqual([rule('from', null), rule('to', null)]);
  });

  it('adds only what is not covered: another host of the same box takes one rule more', () => {
    const placed = [known(rule('from', null)), known(rule('to', '11'))];
    expect(placementsFor(detectionOf(), ['drop-flow'], placed)).toEqual([]);
    const seen = [{ interface: 'host1.2', direction: 'ingress' as const, device, port: '12', vni: null }];
    expect(placementsFor(detectionOf({ seen }), ['drop-flow'], placed)).toEqual([rule('to', '12')]);
  });

  it('asks for one tap-drop a box, also where the box has no bridge of its own', () => {
    const seen = [{ interface: 'eno1', direction: 'ingress' as const, device: null, port: null, vni: null }];
    const tap: WantedPlacement = { action: 'tap-drop', box: 'gist1', device: null, inPort: null, side: null };
    expect(placementsFor(detectionOf({ seen }), ['drop-flow', 'tap-drop'], [])).toEqual([tap]);
    expect(placementsFor(detectionOf({ seen }), ['drop-flow', 'tap-drop'], [known(tap)])).toEqual([]);
  });
});
