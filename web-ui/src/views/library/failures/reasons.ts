// Failures by their reason: one cause has often many files.
import type { Failure } from '../../../api';

export interface Reason {
  reason: string;
  paths: string[];
}

/** The reason of most files first. */
export function byReason(failures: Failure[]): Reason[] {
  const reasons = new Map<string, string[]>();
  for (const { reason, path } of failures) {
    const paths = reasons.get(reason);
    if (paths) paths.push(path);
    else reasons.set(reason, [path]);
  }
  return [...reasons].map(([reason, paths]) => ({ reason, paths })).sort((a, b) => b.paths.length - a.paths.length);
}
