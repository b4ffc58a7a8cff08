export { FileTap, type FileTapHandlers } from './file/file-tap.js';
export { CaptureError } from './file/capture-error.js';
export type { FlowRecord } from './file/flow-record.js';
export type { CaptureCounts } from './file/frame-counts.js';
