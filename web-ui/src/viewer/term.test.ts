import { expect, test } from 'vitest';
import { termOf } from './term';

test('photos are told from words', () => {
  const id = 'ab'.repeat(16);
  expect(termOf(`like id:${id}`)).toEqual({ kind: 'like', id });
  expect(termOf(`unlike id:${id}`)).toEqual({ kind: 'unlike', id });
  expect(termOf('id:ab12')).toEqual({ kind: 'named', digits: 'ab12' });
  expect(termOf('things that I like')).toEqual({ kind: 'words', words: 'things that I like' });
});
