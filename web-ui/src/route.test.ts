// The address keeps what the page shows.
import { expect, test } from 'vitest';
import { formatRoute, parseRoute, searchFor, type Route } from './route';

const ID = '0123456789abcdef0123456789abcdef';

test('an empty address is the search without a query', () => {
  for (const hash of ['', '#', '#/', '#/search', '#/nonsense']) {
    expect(parseRoute(hash)).toEqual({ view: 'search', query: '', picture: undefined, folded: undefined, photo: undefined });
  }
});

test('a route survives its address', () => {
  const routes: Route[] = [
    searchFor('a dog + 2:grass - "IMG?_12" & #1 = 100 %'),
    searchFor('Pilz auf Bäumen 🍄'),
    { view: 'search', query: '', picture: '3', photo: ID },
    { view: 'search', query: 'red flower', photo: ID },
    { view: 'search', query: 'red flower', folded: true },
    { view: 'search', query: 'red flower', strictness: 70 },
    { view: 'unusual', query: '', photo: ID },
  ];
  for (const route of routes) expect(parseRoute(formatRoute(route))).toMatchObject(route);
});

test('a query is readable in the address', () => {
  expect(formatRoute(searchFor('red flower'))).toBe('#/search?q=red+flower');
});

test('what is no photo id is left out', () => {
  expect(parseRoute('#/unusual?photo=../../etc').photo).toBeUndefined();
});

test('what is no strictness is left out', () => {
  for (const text of ['x', '-1', '101']) {
    expect(parseRoute(`#/search?q=x&strictness=${text}`).strictness).toBeUndefined();
  }
});

test('the unusual view has no query', () => {
  expect(formatRoute({ view: 'unusual', query: 'dog' })).toBe('#/unusual');
});
