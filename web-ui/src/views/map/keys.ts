// What the keys do to the camera.
import { panned, zoomed, type Camera } from './camera';
import type { Size } from '../../geometry';

/** The share of the screen that an arrow key moves the map by. */
const STEP = 0.15;
const FACTOR = 1.6;

/** How a key moves the camera; undefined for a key that does not. */
export function cameraMove(key: string, size: Size): ((from: Camera) => Camera) | undefined {
  const [dx, dy] = [STEP * size.width, STEP * size.height];
  const middle = { x: size.width / 2, y: size.height / 2 };
  switch (key) {
    case 'ArrowLeft':
      return (camera) => panned(camera, dx, 0);
    case 'ArrowRight':
      return (camera) => panned(camera, -dx, 0);
    case 'ArrowUp':
      return (camera) => panned(camera, 0, dy);
    case 'ArrowDown':
      return (camera) => panned(camera, 0, -dy);
    case '+':
    case '=':
      return (camera) => zoomed(camera, FACTOR, middle, size);
    case '-':
      return (camera) => zoomed(camera, 1 / FACTOR, middle, size);
    default:
      return undefined;
  }
}
