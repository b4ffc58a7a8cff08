/** For specs of those who stand on this package; not built. */
export * as frames from './testing/frames.js';
export { buildObjects, prefix, until, whyNoKernel } from './testing/kernel.js';
export { TwoNamespaces } from './testing/namespace.js';
