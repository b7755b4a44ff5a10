// What fingers, pen, mouse and wheel do on the map: drag, pinch, point, tap, draw.
import { distance, type Point } from './geometry';
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
    if (drag === 'pinch') pinch(event.pointerId, at);
    else if (drag === 'pan') gestures.pan(at.x - before.x, at.y - before.y);
    else if (isDrawing()) draw(at);
    fingers.set(event.pointerId, at);
  }

  function pinch(finger: number, at: Point) {
    const [before, after] = [[...fingers.values()], [...fingers.set(finger, at).values()]].map(([a, b]) => ({
      middle: { x: (a!.x + b!.x) / 2, y: (a!.y + b!.y) / 2 },
      span: Math.max(distance(a!, b!), 1),
    })) as [Span, Span];
    gestures.pan(after.middle.x - before.middle.x, after.middle.y - before.middle.y);
    gestures.zoom(after.span / before.span, after.middle);
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
    const pixels = event.deltaY * [1, 16, 400][event.deltaMode]!;
    // A pinch on a touchpad comes as small steps with the control key.
    gestures.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), place(event));
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

interface Span {
  middle: Point;
  span: number;
}
