/**
 * Addresses that the four boxes of 2017 logged as suspicious, and the addresses of theirs that spoke to them: facts from the
 * suspicious-*.txt files of that deployment. Ours stay out of the indicators.
 */
export const SUSPICIOUS_2017 = [
  '203.237.53.71',
  '37.218.240.68',
  '140.205.94.189',
  '125.209.222.142',
  '104.74.171.196',
  '162.125.32.14',
  '140.205.220.96',
  '37.157.196.97',
] as const;
