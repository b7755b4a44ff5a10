// Decisions: what a press does, and when a group is another one.
import { expect, test } from 'vitest';
import type { DuplicateFile, DuplicateGroup } from '../../api';
import { asSuggested, bytesThatGo, decide, groupKey, keepAll, press, stays } from './decisions';

const file = (path: string, bytes = 10, more: Partial<DuplicateFile> = {}): DuplicateFile => ({
  id: path,
  path,
  bytes,
  width: 1,
  height: 1,
  format: 'jpeg',
  similarity: 1,
  ...more,
});

const group = (...[keep, ...others]: DuplicateFile[]): DuplicateGroup => ({
  kind: 'near',
  keep: keep!,
  reason: 'size',
  others,
  freed_bytes: 0,
});

const [a, b, c] = [file('/a'), file('/b', 5), file('/c', 7)];
const three = group(a, b, c);

const left = (decision: ReturnType<typeof press>) => decision.files.filter(({ stays }) => stays).map(({ path }) => path);

test('the first press picks the one that stays, later ones turn files over', () => {
  const first = press(three, undefined, b);
  expect(left(first)).toEqual(['/b']);
  const second = press(three, first, c);
  expect(left(second)).toEqual(['/b', '/c']);
  expect(left(press(three, second, b))).toEqual(['/c']);
});

test('the last one that stays cannot be sent away', () => {
  const only = asSuggested(three);
  expect(press(three, only, a)).toBe(only);
});

test('bytes that go are those of the others', () => {
  expect(bytesThatGo(asSuggested(three))).toBe(12);
  expect(bytesThatGo(keepAll(three))).toBe(0);
  expect([stays(undefined, a), stays(asSuggested(three), a), stays(asSuggested(three), b)]).toEqual([undefined, true, false]);
});

test('a group is the same in any order, and another one with another file or size', () => {
  expect(groupKey(group(b, a, c))).toBe(groupKey(three));
  expect(groupKey(group(a, b))).not.toBe(groupKey(three));
  expect(groupKey(group(a, b, file('/c', 8)))).not.toBe(groupKey(three));
});

test('names that look the same and are not are told apart', () => {
  const [one, other] = [file('/caf\uFFFD', 1, { path_bytes: 'L2NhZuk=' }), file('/caf\uFFFD', 1, { path_bytes: 'L2NhZug=' })];
  const decision = decide(group(one, other), (file) => file === other);
  expect([stays(decision, one), stays(decision, other)]).toEqual([false, true]);
});
