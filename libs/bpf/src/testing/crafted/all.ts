import { BROKEN_FRAMES } from './broken.js';
import type { Crafted } from './crafted.js';
import { IP_FRAMES } from './ip.js';
import { LINK_FRAMES } from './link.js';
import { TUNNEL_FRAMES } from './tunnels.js';

export const FRAMES: readonly Crafted[] = [...LINK_FRAMES, ...IP_FRAMES, ...TUNNEL_FRAMES, ...BROKEN_FRAMES];
