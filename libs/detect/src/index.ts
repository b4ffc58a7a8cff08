export type { Clock } from './clock.js';
export { Detector, MAX_WINDOWS_PER_REMOTE, type DetectorOptions } from './detector.js';
export type { MetAt } from './met-at.js';
export type { DetectionDraft } from './window.js';
