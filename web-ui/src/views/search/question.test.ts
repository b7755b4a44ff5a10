// An address asks the server what it says, and a saved search leads back to its address.
import { expect, test } from 'vitest';
import type { Route } from '../../route';
import { questionOf, routeOf, savedAs } from './question';

test('nothing is asked without words, filters and photos', () => {
  for (const route of [{ view: 'search' }, { view: 'search', q: '  ' }, { view: 'search', unlike: 'a' }] satisfies Route[]) {
    expect(questionOf(route)).toBeUndefined();
  }
});

test('filters alone have no scores', () => {
  expect(questionOf({ view: 'search', q: 'taken:2023 -tag:blurred' })).toMatchObject({ isScored: false, search: { query: 'taken:2023 -tag:blurred' } });
  expect(questionOf({ view: 'search', q: 'taken:2023 dog' })?.isScored).toBe(true);
  expect(questionOf({ view: 'search', q: 'taken:2023', like: 'a' })?.isScored).toBe(true);
});

test('in the order of dates only matches are asked for', () => {
  const question = questionOf({ view: 'search', q: 'dog', sort: 'newest', strictness: '70' });
  expect(question).toMatchObject({ page: 1_000, search: { sort: 'newest', min_relevance: 0.7 } });
  expect(questionOf({ view: 'search', q: 'dog' })?.search).toEqual({ query: 'dog' });
});

test('a saved search leads back to where it was saved', () => {
  const routes: Route[] = [
    { view: 'search', q: 'dog', like: 'a,b', unlike: 'c', sort: 'oldest', group: 'month', folded: '1', strictness: '70' },
    { view: 'search', q: 'dog', strictness: '0' },
    { view: 'search', q: 'dog', sort: 'newest' },
    { view: 'search', q: 'taken:2023' },
  ];
  for (const route of routes) expect(routeOf(savedAs(questionOf(route)!))).toEqual(route);
});
