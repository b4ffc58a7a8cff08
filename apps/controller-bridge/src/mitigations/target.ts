import { canonicalPrefix, type Target } from '@guardpost/contracts';

/** The same for all spellings of a target. */
export const targetKey = ({ prefix, proto, port }: Target): string => `${canonicalPrefix(prefix)}|${proto ?? '*'}|${port ?? '*'}`;
