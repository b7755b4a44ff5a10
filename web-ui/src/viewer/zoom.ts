// How far a picture is enlarged and where it lies in its frame. Lengths are CSS pixels, points count from the frame's middle.
import type { Point, Size } from '../geometry';

/** What is looked at: a picture, in its own pixels, and the room that it has. */
export interface Stage {
  picture: Size;
  frame: Size;
}

/** `scale` 1 is a picture that just fits its frame; the point is where the picture's middle lies. */
export interface Zoom extends Point {
  scale: number;
}

export const FITTED: Zoom = { scale: 1, x: 0, y: 0 };

/** A key or a button enlarges by this. */
export const STEP = 1.5;
/** Small pictures can be enlarged this much, too. */
const LEAST_LIMIT = 4;
/** Screen pixels for each of the picture's: enough to see what it is made of. */
const COARSEST = 2;
/** What two quick taps enlarge a picture by whose own size is no larger. */
const CLEARLY_LARGER = 2.5;

/** The picture's size in its frame at scale 1. */
export function fittedSize({ picture, frame }: Stage): Size {
  const factor = Math.min(frame.width / picture.width, frame.height / picture.height);
  return { width: picture.width * factor, height: picture.height * factor };
}

/** The scale at which the picture is shown pixel by pixel. */
const ownScale = (stage: Stage) => stage.picture.width / fittedSize(stage).width;

/** Enlarges by `factor`; what lies at `at` stays there. */
export function zoomBy(zoom: Zoom, factor: number, at: Point, stage: Stage): Zoom {
  const limit = Math.max(LEAST_LIMIT, COARSEST * ownScale(stage));
  const scale = Math.min(Math.max(zoom.scale * factor, 1), limit);
  const ratio = scale / zoom.scale;
  return withinFrame({ scale, x: at.x - (at.x - zoom.x) * ratio, y: at.y - (at.y - zoom.y) * ratio }, stage);
}

export function moveBy(zoom: Zoom, by: Point, stage: Stage): Zoom {
  return withinFrame({ ...zoom, x: zoom.x + by.x, y: zoom.y + by.y }, stage);
}

/** From fitted to the picture's own size round `at`, and back. */
export function toggled(zoom: Zoom, at: Point, stage: Stage): Zoom {
  if (zoom.scale > 1) return FITTED;
  const own = ownScale(stage);
  return zoomBy(zoom, own > CLEARLY_LARGER ? own : CLEARLY_LARGER, at, stage);
}

/** A picture larger than its frame fills it; along a side where it is smaller it stays in the middle. */
export function withinFrame(zoom: Zoom, stage: Stage): Zoom {
  const fitted = fittedSize(stage);
  const room = (side: 'width' | 'height') => Math.max((fitted[side] * zoom.scale - stage.frame[side]) / 2, 0);
  const clamp = (value: number, most: number) => Math.min(Math.max(value, -most), most);
  return { scale: zoom.scale, x: clamp(zoom.x, room('width')), y: clamp(zoom.y, room('height')) };
}
