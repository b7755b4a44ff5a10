// The address keeps what the page shows.
import { expect, test } from 'vitest';
import { formatRoute, idsIn, parseRoute, searchFor, type Route } from './route';

const ID = '0123456789abcdef0123456789abcdef';

test('an empty address is the search without a query', () => {
  for (const hash of ['', '#', '#/', '#/search', '#/nonsense']) {
    expect(parseRoute(hash)).toEqual({ view: 'search' });
  }
});

test('a route survives its address', () => {
  const routes: Route[] = [
    searchFor('a dog + 2:grass - "IMG?_12" & #1 = 100 %'),
    searchFor('Pilz auf Bäumen 🍄'),
    { view: 'search', picture: '3', photo: ID },
    { view: 'search', q: 'red flower', photo: ID },
    { view: 'search', q: 'red flower', folded: '1', sort: 'newest', group: 'month', strictness: '70' },
    { view: 'search', like: `${ID},${ID}`, unlike: ID },
    { view: 'unusual', kind: 'atypical', filter: 'in:"A b"', photo: ID },
    { view: 'map', colour: 'cluster' },
    { view: 'duplicates', kind: 'near' },
    { view: 'prompts', dataset: '/srv/photos/flowers' },
    { view: 'library', section: 'models' },
  ];
  for (const route of routes) expect(parseRoute(formatRoute(route))).toEqual(route);
});

test('a query is readable in the address', () => {
  expect(formatRoute(searchFor('red flower'))).toBe('#/search?q=red+flower');
});

test('what makes no sense is left out', () => {
  const wrong = ['photo=../../etc', 'strictness=x', 'strictness=-1', 'strictness=101', 'sort=size', 'group=hour', 'section=models'];
  for (const field of wrong) expect(parseRoute(`#/search?${field}`)).toEqual({ view: 'search' });
});

test('the unusual view has no query', () => {
  expect(formatRoute({ view: 'unusual', q: 'dog' })).toBe('#/unusual');
});

test('ids in a list', () => {
  expect([idsIn(undefined), idsIn(''), idsIn('a,b')]).toEqual([[], [], ['a', 'b']]);
});
