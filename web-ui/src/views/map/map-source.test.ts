// The map is asked for, waited for, and kept.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MapSource } from './map-source.svelte';
import { syntheticMap } from './synthetic-map';

const server = vi.fn<(url: string) => Response | Promise<Response>>();
const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', (url: string) => Promise.resolve(server(url)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  server.mockReset();
});

test('shows the map of a filter, and asks once for it', async () => {
  server.mockImplementation(() => json(syntheticMap(30)));
  const source = new MapSource();
  source.show('tag:flowers');
  source.show('tag:flowers');
  await settled();
  expect(server.mock.calls).toEqual([['api/v1/map?filter=tag%3Aflowers']]);
  expect(source).toMatchObject({ phase: 'ready', map: { length: 30 } });
});

test('waits for a map that is being prepared, and asks again by itself', async () => {
  server.mockReturnValueOnce(json({ detail: '40 % done' }, 503)).mockReturnValueOnce(json(syntheticMap(12)));
  const source = new MapSource();
  source.show('');
  await settled();
  expect(source).toMatchObject({ phase: 'awaited', error: { message: '40 % done' }, map: undefined });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(source).toMatchObject({ phase: 'ready', map: { length: 12 } });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server).toHaveBeenCalledTimes(2);
});

test('nobody who has left is asked for', async () => {
  server.mockImplementation(() => json({ detail: 'soon' }, 503));
  const source = new MapSource();
  source.show('');
  await settled();
  source.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(server).toHaveBeenCalledTimes(1);
});

test('a filter that is refused says why, and the next one is answered', async () => {
  server.mockReturnValueOnce(json({ detail: 'no such filter' }, 400)).mockReturnValueOnce(json(syntheticMap(12)));
  const source = new MapSource();
  source.show('taken:never');
  await settled();
  expect(source).toMatchObject({ phase: 'failed', error: { message: 'no such filter' } });
  source.show('');
  await settled();
  expect(source).toMatchObject({ phase: 'ready', error: undefined });
});

test('a refresh that fails leaves the map in sight', async () => {
  server.mockReturnValueOnce(json(syntheticMap(12))).mockReturnValueOnce(json(null, 502));
  const source = new MapSource();
  source.show('');
  await settled();
  const { map } = source;
  source.refresh();
  await settled();
  expect(source.phase).toBe('ready');
  expect(source.map).toBe(map);
});

test('the answer to a filter that was changed meanwhile is let go', async () => {
  let answerFirst = (_: Response) => {};
  server.mockReturnValueOnce(new Promise((resolve) => (answerFirst = resolve))).mockReturnValueOnce(json(syntheticMap(12)));
  const source = new MapSource();
  source.show('slow');
  source.show('fast');
  answerFirst(json(syntheticMap(30)));
  await settled();
  expect(source.map?.length).toBe(12);
});
