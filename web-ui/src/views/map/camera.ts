// The camera over the map: what part of it the screen shows. Pure: every movement gives another camera.
import type { Point, Rect, Size } from '../../geometry';

export interface Camera {
  /** What lies in the middle of the screen. */
  x: number;
  y: number;
  /** Pixels for one unit of the map. */
  scale: number;
}

const SMALLEST_SCALE = 120;
/** Places come with four digits: at this scale, neighbouring ones lie 20 pixels apart. */
const LARGEST_SCALE = 200_000;

export function toScreen(camera: Camera, size: Size, { x, y }: Point): Point {
  return { x: (x - camera.x) * camera.scale + size.width / 2, y: (y - camera.y) * camera.scale + size.height / 2 };
}

export function toMap(camera: Camera, size: Size, { x, y }: Point): Point {
  return { x: (x - size.width / 2) / camera.scale + camera.x, y: (y - size.height / 2) / camera.scale + camera.y };
}

/** What the screen shows, and `margin` pixels around it. */
export function visibleRect(camera: Camera, { width, height }: Size, margin = 0): Rect {
  const [dx, dy] = [(width / 2 + margin) / camera.scale, (height / 2 + margin) / camera.scale];
  return { left: camera.x - dx, top: camera.y - dy, right: camera.x + dx, bottom: camera.y + dy };
}

/** The camera after the map was dragged by so many pixels. */
export function panned(camera: Camera, dx: number, dy: number): Camera {
  return bounded({ ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale });
}

/** Magnifies by `factor`; what lies under `at` stays there. */
export function zoomed(camera: Camera, factor: number, at: Point, size: Size): Camera {
  const fixed = toMap(camera, size, at);
  const scale = clamp(camera.scale * factor, SMALLEST_SCALE, LARGEST_SCALE);
  return bounded({
    scale,
    x: fixed.x - (at.x - size.width / 2) / scale,
    y: fixed.y - (at.y - size.height / 2) / scale,
  });
}

/** Shows all of `rect`, with `margin` pixels around it. */
export function fitted(rect: Rect, { width, height }: Size, margin: number): Camera {
  const room = { width: Math.max(width - 2 * margin, 1), height: Math.max(height - 2 * margin, 1) };
  const scale = Math.min(room.width / (rect.right - rect.left), room.height / (rect.bottom - rect.top));
  return {
    x: (rect.left + rect.right) / 2,
    y: (rect.top + rect.bottom) / 2,
    scale: clamp(scale, SMALLEST_SCALE, LARGEST_SCALE),
  };
}

/** On the way from one camera (at 0) to another (at 1). */
export function between(from: Camera, to: Camera, progress: number): Camera {
  const scale = from.scale * (to.scale / from.scale) ** progress;
  // The middle keeps step with the size of the picture, so that the way looks like one zoom.
  const isZoom = Math.abs(to.scale / from.scale - 1) > 1e-3;
  const share = isZoom ? (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale) : progress;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, scale };
}

/** The map cannot be pushed off the screen. */
const bounded = ({ x, y, scale }: Camera): Camera => ({ x: clamp(x, 0, 1), y: clamp(y, 0, 1), scale });

const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
