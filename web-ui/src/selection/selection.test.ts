// Photos are selected one by one and in ranges.
import { beforeEach, expect, test } from 'vitest';
import { selection } from './selection.svelte';

const LIST = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, path: `/${id}.jpg` }));
const ids = () => selection.photos.map(({ id }) => id).join('');

beforeEach(() => selection.clear());

test('a photo is selected and let go', () => {
  selection.toggle(LIST[1]!);
  expect([ids(), selection.has('b'), selection.size]).toEqual(['b', true, 1]);
  selection.toggle(LIST[1]!);
  expect(selection.size).toBe(0);
});

test('a range goes from the photo that was touched last, in both directions', () => {
  selection.toggle(LIST[1]!);
  selection.extendTo(LIST[3]!, LIST);
  expect(ids()).toBe('bcd');
  selection.toggle(LIST[4]!);
  selection.extendTo(LIST[2]!, LIST);
  expect([...ids()].sort().join('')).toBe('bcde');
});

test('a range without a beginning is one photo', () => {
  selection.extendTo(LIST[3]!, LIST);
  expect(ids()).toBe('d');
});
