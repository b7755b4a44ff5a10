// Calls that wait: until typing pauses, or until the last one is long enough ago.

/** Calls `action` once nothing was asked for `ms`; `flush` does at once what is waiting. */
export function debounce(action: () => void, ms: number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const cancel = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  const run = () => {
    cancel();
    action();
  };
  const call = () => {
    cancel();
    timer = setTimeout(run, ms);
  };
  const flush = () => {
    if (timer !== undefined) run();
  };
  return { call, flush, cancel };
}

/** Calls `action` at once, then at most every `ms`, never losing the last call. */
export function throttle(action: () => void, ms: number) {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    if (timer !== undefined) return;
    const run = () => {
      timer = undefined;
      last = Date.now();
      action();
    };
    const wait = last + ms - Date.now();
    if (wait <= 0) run();
    else timer = setTimeout(run, wait);
  };
}
