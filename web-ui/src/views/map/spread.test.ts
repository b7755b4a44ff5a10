// The few that stand for many come from all parts of them.
import { expect, test } from 'vitest';
import { spreadOver } from './spread';
import { syntheticMap } from './synthetic-map';

test('few points stand for themselves', () => {
  expect(spreadOver([4, 2], [0, 0, 0, 0, 1], [0, 0, 0, 0, 1], 3)).toEqual([4, 2]);
});

test('each of some heaps is stood for by one amid it, however many photos it has', () => {
  const x = [...Array(50).fill(0.1).map((at, i) => at + (i % 5) / 100), 0.8, 0.81, 0.82, 0.5];
  const y = [...Array(50).fill(0.1).map((at, i) => at + Math.floor(i / 5) / 100), 0.8, 0.8, 0.8, 0.2];
  const chosen = spreadOver(x.map((_, i) => i), x, y, 3);
  expect(chosen).toHaveLength(3);
  expect(chosen.filter((i) => i < 50)).toHaveLength(1);
  expect(chosen).toContain(51);
  expect(chosen).toContain(53);
});

test('of many, as many as asked for, each once', () => {
  const { x, y } = syntheticMap(3000);
  const chosen = spreadOver(x.map((_, i) => i), x, y, 20);
  expect(new Set(chosen).size).toBe(20);
});

test('copies at one place are not chosen in place of others', () => {
  const chosen = spreadOver([0, 1, 2, 3], [0.5, 0.5, 0.5, 0.9], [0.5, 0.5, 0.5, 0.9], 3);
  expect(chosen).toContain(3);
  expect(new Set(chosen).size).toBe(chosen.length);
});
