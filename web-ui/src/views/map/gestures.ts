// What fingers, pen, mouse and wheel do on the map: drag, pinch, point, tap, draw.
import { distance, pinch, type Point } from '../../geometry';
import { wheelFactor } from '../../wheel';
import { rectangle } from './lasso';

export interface Gestures {
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Point): void;
  /** The mouse points at a place, or at none any more. */
  point(at: Point | undefined): void;
  /** `reach`: how far from its target a tap may be, in pixels. */
  tap(at: Point, reach: number): void;
  /** An outline grows. */
  draw(outline: Point[]): void;
  /** The outline is closed; without points it was given up. */
  drawn(outline: Point[]): void;
}

/** A hand trembles this far without meaning a drag. */
const TREMOR = 5;
const REACH = { mouse: 14, touch: 26 };
/** Points of an outline closer than this add nothing to its shape. */
const FINENESS = 3;

type Drag = 'none' | 'pan' | 'freehand' | 'rectangle' | 'pinch';

/** Listens on `element`; in the mode of the lasso, a drag draws. Returns how to stop. */
export function listen(element: HTMLElement, gestures: Gestures, isLasso: () => boolean): () => void {
  const fingers = new Map<number, Point>();
  let drag: Drag = 'none';
  let outline: Point[] = [];
  let hasMoved = false;

  const place = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  function down(event: PointerEvent) {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, place(event));
    gestures.point(undefined);
    if (fingers.size > 1) return pinchBegins();
    hasMoved = false;
    outline = [place(event)];
    drag = event.shiftKey ? 'rectangle' : isLasso() ? 'freehand' : 'pan';
  }

  function pinchBegins() {
    if (isDrawing()) gestures.drawn([]);
    drag = 'pinch';
    hasMoved = true;
  }

  function move(event: PointerEvent) {
    const at = place(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== 'touch') gestures.point(at);
      return;
    }
    hasMoved ||= distance(outline[0]!, at) > TREMOR;
    if (!hasMoved) return;
    if (drag === 'pinch') pinchTo(event.pointerId, at);
    else if (drag === 'pan') gestures.pan(at.x - before.x, at.y - before.y);
    else if (isDrawing()) draw(at);
    fingers.set(event.pointerId, at);
  }

  function pinchTo(finger: number, place: Point) {
    const two = () => [...fingers.values()].slice(0, 2) as [Point, Point];
    const before = two();
    fingers.set(finger, place);
    const { by, factor, at } = pinch(before, two());
    gestures.pan(by.x, by.y);
    gestures.zoom(factor, at);
  }

  function draw(at: Point) {
    if (drag === 'rectangle') outline = rectangle(outline[0]!, at);
    else if (distance(outline.at(-1)!, at) >= FINENESS) outline = [...outline, at];
    gestures.draw(outline);
  }

  function up(event: PointerEvent) {
    if (!fingers.delete(event.pointerId)) return;
    if (event.type === 'pointercancel') hasMoved = true;
    if (!hasMoved) gestures.tap(place(event), event.pointerType === 'mouse' ? REACH.mouse : REACH.touch);
    else if (isDrawing()) gestures.drawn(event.type === 'pointercancel' ? [] : outline);
    // The finger that is left of a pinch does not go on to drag: hands leave one after the other.
    drag = 'none';
  }

  function wheel(event: WheelEvent) {
    event.preventDefault();
    gestures.zoom(wheelFactor(event), place(event));
  }

  const isDrawing = () => drag === 'freehand' || drag === 'rectangle';
  const leave = () => gestures.point(undefined);

  const stop = new AbortController();
  const { signal } = stop;
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  element.addEventListener('pointerleave', leave, { signal });
  element.addEventListener('wheel', wheel, { signal, passive: false });
  return () => stop.abort();
}
