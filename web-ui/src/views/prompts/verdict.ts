// What a comparison of two wordings allows to be said.
import type { Comparison } from '../../api';

export type Verdict = 'same' | 'luck' | 'unclear' | 'real';

/** The chance of being fooled that is accepted. */
const CHANCE = 0.05;

/** Of many wordings, the best is often only the luckiest: each has to be surer the more are compared (Bonferroni). */
export function verdictOn({ only_this, only_other, p_value }: Comparison, compared: number): Verdict {
  if (only_this === 0 && only_other === 0) return 'same';
  if (p_value < CHANCE / Math.max(compared, 1)) return 'real';
  return p_value < CHANCE ? 'unclear' : 'luck';
}
