// Lists that are higher than browsers can show: Firefox ends an element at 17.9 million pixels, Chromium at 33.5. Such a list is shown
// at the greatest height that all know, and scrolls faster by as much.

export const HIGHEST = 16_000_000;

/** The height at which a list of `height` pixels is shown. */
export const shownHeight = (height: number) => Math.min(height, HIGHEST);

/** How many pixels of the list lie above the window when so many of it as it is shown do. */
export function depthAt(shown: number, height: number, window: number): number {
  return height <= HIGHEST || shown <= 0 ? shown : (shown * (height - window)) / (HIGHEST - window);
}

/** The reverse of {@link depthAt}. */
export function shownAt(depth: number, height: number, window: number): number {
  return height <= HIGHEST || depth <= 0 ? depth : (depth * (HIGHEST - window)) / (height - window);
}
