// Feeds: paging, cancelling what is no longer wanted, refreshing without a flicker.
import { expect, test, vi } from 'vitest';
import { Refusal } from './api';
import { Feed, PAGE, type LoadPage } from './feed.svelte';

interface Item {
  id: string;
}

const itemsFrom = (start: number, length: number): Item[] => Array.from({ length }, (_, i) => ({ id: `${start + i}` }));

/** A list of `total` items. */
const listOf =
  (total: number): LoadPage<Item> =>
  async (offset, limit) => ({ results: itemsFrom(offset, Math.max(Math.min(limit, total - offset), 0)) });

const settled = () => new Promise((resolve) => setTimeout(resolve));

test('pages follow one another to the end', async () => {
  const feed = new Feed<Item>();
  feed.show('a', listOf(PAGE + 5));
  await settled();
  expect([feed.phase, feed.items.length, feed.isComplete]).toEqual(['ready', PAGE, false]);
  await feed.loadMore();
  expect([feed.items.length, feed.isComplete]).toEqual([PAGE + 5, true]);
});

test('the same list is asked for once', async () => {
  const load = vi.fn(listOf(3));
  const feed = new Feed<Item>();
  expect(feed.show('a', load)).toBe(true);
  await settled();
  expect(feed.show('a', load)).toBe(false);
  expect(load).toHaveBeenCalledOnce();
});

test('an answer that comes too late is dropped, and its request cancelled', async () => {
  const feed = new Feed<Item>();
  let cancelled = false;
  let answer!: (found: { results: Item[] }) => void;
  feed.show('slow', (_offset, _limit, signal) => {
    signal.addEventListener('abort', () => (cancelled = true));
    return new Promise((resolve) => (answer = resolve));
  });
  feed.show('fast', listOf(2));
  await settled();
  answer({ results: itemsFrom(100, 1) });
  await settled();
  expect(cancelled).toBe(true);
  expect(feed.items).toEqual(itemsFrom(0, 2));
});

test('photos that moved to the next page are not shown twice', async () => {
  const feed = new Feed<Item>();
  feed.show('a', async (offset, limit) => ({ results: itemsFrom(Math.max(offset - 1, 0), limit) }));
  await settled();
  await feed.loadMore();
  expect(new Set(feed.items.map((item) => item.id)).size).toBe(feed.items.length);
});

test('a refresh keeps as many items, and a failed one keeps them all', async () => {
  let total = PAGE * 2;
  const feed = new Feed<Item>();
  feed.show('a', (...page) => (total < 0 ? Promise.reject(new Error('gone')) : listOf(total)(...page)));
  await settled();
  await feed.loadMore();
  total += 10;
  feed.refresh();
  await settled();
  expect(feed.items).toHaveLength(PAGE * 2);
  total = -1;
  feed.refresh();
  await settled();
  expect([feed.phase, feed.items.length]).toEqual(['ready', PAGE * 2]);
});

test('a failure is told and can be tried again', async () => {
  const load = vi.fn(listOf(1)).mockRejectedValueOnce(new Error('no'));
  const feed = new Feed<Item>();
  feed.show('a', load);
  await settled();
  expect([feed.phase, feed.error?.message]).toEqual(['failed', 'no']);
  feed.retry();
  await settled();
  expect([feed.phase, feed.items.length]).toEqual(['ready', 1]);
});

test('an answer that is being prepared is asked for again until it is there', async () => {
  vi.useFakeTimers();
  try {
    const notYet = new Refusal(503, '3 of 10 are done');
    const load = vi.fn(listOf(2)).mockRejectedValueOnce(notYet).mockRejectedValueOnce(notYet);
    const feed = new Feed<Item>();
    feed.show('a', load);
    await vi.advanceTimersByTimeAsync(0);
    expect([feed.phase, feed.error?.message]).toEqual(['awaited', '3 of 10 are done']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(feed.phase).toBe('awaited');
    await vi.advanceTimersByTimeAsync(5_000);
    expect([feed.phase, feed.items.length, feed.error]).toEqual(['ready', 2, undefined]);
  } finally {
    vi.useRealTimers();
  }
});

test('a list that is not wanted any more is not asked for again', async () => {
  vi.useFakeTimers();
  try {
    const load = vi.fn<LoadPage<Item>>().mockRejectedValue(new Refusal(503, 'later'));
    const feed = new Feed<Item>();
    feed.show('a', load);
    await vi.advanceTimersByTimeAsync(0);
    feed.clear();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(load).toHaveBeenCalledOnce();
  } finally {
    vi.useRealTimers();
  }
});
