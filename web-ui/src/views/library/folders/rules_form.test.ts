import { expect, test } from 'vitest';
import { rulesOf, textOf } from './rules_form';

test('rules come out of the form as they went in', () => {
  const rules = { include: ['*.jpg'], exclude: ['private/', '*.tmp.jpg'], min_size: 20_500 };
  expect(rulesOf(textOf(rules))).toEqual(rules);
});

test('empty lines and spaces are no patterns', () => {
  expect(rulesOf({ include: '\n', exclude: ' private/ \n\n*.png\n', kilobytes: 0 })).toEqual({
    include: [],
    exclude: ['private/', '*.png'],
    min_size: 0,
  });
});

test('a size that is missing or below zero is none', () => {
  const size = (kilobytes: number) => rulesOf({ include: '', exclude: '', kilobytes }).min_size;
  expect([size(Number.NaN), size(-3), size(1.5)]).toEqual([0, 0, 1500]);
});
