// Who moves the camera: by hand at once, to a destination in a short flight.
import { prefersReducedMotion } from 'svelte/motion';
import { between, fitted, panned, zoomed, type Camera } from './camera';
import type { Point, Rect, Size } from '../../geometry';

const FLIGHT_MS = 350;
/** Room around what is shown as a whole: for thumbnails at its edge. */
const MARGIN = 44;

export class CameraMan {
  camera = $state.raw<Camera>({ x: 0.5, y: 0.5, scale: 500 });
  size = $state.raw<Size>({ width: 0, height: 0 });

  /** What is shown as a whole until somebody moves the camera. */
  #whole: Rect | undefined;
  #target: Camera | undefined;
  #frame = 0;

  get middle(): Point {
    return { x: this.size.width / 2, y: this.size.height / 2 };
  }

  resize(size: Size) {
    this.size = size;
    if (this.#whole) this.camera = fitted(this.#whole, size, MARGIN);
  }

  showAll(rect: Rect) {
    if (this.size.width > 0) this.#flyTo(fitted(rect, this.size, MARGIN));
    this.#whole = rect;
  }

  showPart(rect: Rect) {
    this.#whole = undefined;
    this.#flyTo(fitted(rect, this.size, 3 * MARGIN));
  }

  pan(dx: number, dy: number) {
    this.#moveTo(panned(this.camera, dx, dy));
  }

  zoom(factor: number, at: Point) {
    this.#moveTo(zoomed(this.camera, factor, at, this.size));
  }

  /** One step of a key or a button; steps that follow quickly add up. */
  step(move: (from: Camera) => Camera) {
    this.#whole = undefined;
    this.#flyTo(move(this.#target ?? this.camera));
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    this.#target = undefined;
  }

  #moveTo(camera: Camera) {
    this.stop();
    this.#whole = undefined;
    this.camera = camera;
  }

  #flyTo(to: Camera) {
    this.stop();
    if (prefersReducedMotion.current) {
      this.camera = to;
      return;
    }
    this.#target = to;
    const from = this.camera;
    const begun = performance.now();
    const fly = (now: number) => {
      const progress = Math.min(Math.max((now - begun) / FLIGHT_MS, 0), 1);
      this.camera = between(from, to, 1 - (1 - progress) ** 3);
      if (progress < 1) this.#frame = requestAnimationFrame(fly);
      else this.#target = undefined;
    };
    this.#frame = requestAnimationFrame(fly);
  }
}
