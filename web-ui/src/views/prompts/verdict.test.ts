// Verdicts: what is luck, and how many tries make it so.
import { expect, test } from 'vitest';
import { verdictOn } from './verdict';

const comparison = (p_value: number, only_this = 3, only_other = 1) => ({ difference: 0, only_this, only_other, p_value });

test('the more wordings are compared, the surer a difference has to be', () => {
  expect([verdictOn(comparison(0.01), 1), verdictOn(comparison(0.01), 4), verdictOn(comparison(0.01), 6)]).toEqual([
    'real',
    'real',
    'unclear',
  ]);
  expect(verdictOn(comparison(0.3), 1)).toBe('luck');
});

test('the same answers are no difference', () => {
  expect(verdictOn(comparison(1, 0, 0), 1)).toBe('same');
});
