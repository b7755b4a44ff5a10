// Plans: no file goes twice, and none without a version of it that stays.
import { expect, test } from 'vitest';
import type { DuplicateKind } from '../../api';
import type { Decision } from './decisions';
import { planOf } from './plan';

const decision = (kind: DuplicateKind, keep: string[], go: string[]): Decision => ({
  kind,
  files: [...keep.map((path) => ({ path, bytes: 10, stays: true })), ...go.map((path) => ({ path, bytes: 1, stays: false }))],
});

const outline = (decisions: Decision[]) =>
  planOf(decisions).groups.map(({ keep, remove }) => [keep.map(({ path }) => path), remove.map(({ path }) => path)]);

test('the strictest groups come first, so that what they keep is still there', () => {
  const decisions = [decision('near', ['/large'], ['/small']), decision('exact', ['/small'], ['/copy'])];
  expect(outline(decisions)).toEqual([
    [['/small'], ['/copy']],
    [['/large'], ['/small']],
  ]);
  expect(planOf(decisions)).toMatchObject({ files: 2, bytes: 2, contradictions: 0 });
});

test('a file goes once', () => {
  const decisions = [decision('exact', ['/a'], ['/b']), decision('near', ['/c'], ['/a', '/b'])];
  expect(outline(decisions)).toEqual([
    [['/a'], ['/b']],
    [['/c'], ['/a']],
  ]);
});

test('two groups never let both versions go', () => {
  const plan = planOf([decision('near', ['/a'], ['/b']), decision('burst', ['/b'], ['/a'])]);
  expect([plan.files, plan.contradictions]).toEqual([1, 1]);
});

test('where all stay, there is nothing to do', () => {
  expect(planOf([decision('exact', ['/a', '/b'], [])])).toEqual({ groups: [], files: 0, bytes: 0, contradictions: 0 });
});
