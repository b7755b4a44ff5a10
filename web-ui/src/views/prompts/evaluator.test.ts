// The evaluator: the newest question wins, its own earlier one is stopped, somebody else's is waited for.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Evaluator } from './evaluator.svelte';

/** A server that evaluates for `work` looks, and answers as Foray does. */
function server(work: number) {
  const state = { job: 0, running: false, looks: 0, stopped: [] as number[] };
  const answer = (status: number, body?: unknown) =>
    new Response(body === undefined ? null : JSON.stringify(body), { status });
  const handle = async (_: string, { method = 'GET' }: RequestInit) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (method === 'POST' && state.running) return answer(409, { detail: 'one runs already' });
    if (method === 'POST') {
      Object.assign(state, { job: state.job + 1, running: true, looks: 0 });
      return answer(202, { job: state.job });
    }
    if (method === 'DELETE') {
      state.stopped.push(state.job);
      state.running = false;
      return answer(204);
    }
    state.looks += 1;
    if (state.looks >= work) state.running = false;
    const { job, running } = state;
    return answer(200, { job, running, done: 1, all: 2, ...(running ? {} : { evaluation: { at: job } }) });
  };
  vi.stubGlobal('fetch', handle);
  return state;
}

beforeEach(() => void vi.useFakeTimers());

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('what was measured comes when it is done', async () => {
  server(3);
  const evaluator = new Evaluator();
  const measured = evaluator.measure({ dataset: '/x' });
  expect(evaluator.phase).toBe('running');
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await measured).toEqual({ at: 1 });
  expect([evaluator.phase, evaluator.progress]).toEqual(['idle', { done: 1, all: 2 }]);
});

test('a newer question stops its own earlier one, which gives nothing', async () => {
  const state = server(4);
  const evaluator = new Evaluator();
  const first = evaluator.measure({ dataset: '/x' });
  await vi.advanceTimersByTimeAsync(100);
  const second = evaluator.measure({ dataset: '/y' });
  await vi.advanceTimersByTimeAsync(5_000);
  expect([await first, await second]).toEqual([undefined, { at: 2 }]);
  expect(state.stopped).toEqual([1]);
});

test('one that is asked before the server has answered is stopped, too', async () => {
  const state = server(4);
  const evaluator = new Evaluator();
  const first = evaluator.measure({ dataset: '/x' });
  await vi.advanceTimersByTimeAsync(5);
  const second = evaluator.measure({ dataset: '/y' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect([await first, await second]).toEqual([undefined, { at: 2 }]);
  expect(state.stopped).toEqual([1]);
});

test('one of somebody else is waited for, and not stopped', async () => {
  const state = server(3);
  Object.assign(state, { job: 7, running: true });
  const evaluator = new Evaluator();
  const measured = evaluator.measure({ dataset: '/x' });
  await vi.advanceTimersByTimeAsync(100);
  expect(evaluator.phase).toBe('waiting');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await measured).toEqual({ at: 8 });
  expect(state.stopped).toEqual([]);
});
