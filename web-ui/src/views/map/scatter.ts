// All points of a map on a canvas, by one draw call of WebGL 2.
import type { Camera } from './camera';
import type { Size } from '../../geometry';
import { pointProgram, type Program } from './shader';

export class Scatter {
  readonly #gl: WebGL2RenderingContext;
  #program!: Program;
  #places = new Float32Array();
  #colours: Uint8Array = new Uint8Array();
  /** The buffer of each attribute. */
  readonly #buffers = new Map<number, WebGLBuffer>();

  /** Where the browser has no WebGL 2, there is no scatter. */
  static on(canvas: HTMLCanvasElement): Scatter | undefined {
    const gl = canvas.getContext('webgl2', { antialias: false, depth: false });
    return gl ? new Scatter(gl) : undefined;
  }

  private constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl;
    this.restore();
  }

  /** Builds anew what the graphics card has forgotten. */
  restore() {
    const gl = this.#gl;
    this.#buffers.clear();
    this.#program = pointProgram(gl);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.#upload(this.#program.place, this.#places, 2, gl.FLOAT);
    this.#upload(this.#program.colour, this.#colours, 4, gl.UNSIGNED_BYTE);
  }

  /** Browsers keep only a few contexts alive, and would else take the oldest one away. */
  release() {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }

  setPlaces(x: number[], y: number[]) {
    this.#places = Float32Array.from({ length: 2 * x.length }, (_, k) => (k % 2 === 0 ? x : y)[k >> 1]!);
    this.#upload(this.#program.place, this.#places, 2, this.#gl.FLOAT);
  }

  setColours(colours: Uint8Array) {
    this.#colours = colours;
    this.#upload(this.#program.colour, colours, 4, this.#gl.UNSIGNED_BYTE);
  }

  /** Draws on a canvas of `size`, whose pixels are `ratio` times as fine; points are `pointSize` across. */
  draw(camera: Camera, { width, height }: Size, ratio: number, pointSize: number) {
    const gl = this.#gl;
    const { canvas } = gl;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    gl.viewport(0, 0, w, h);
    gl.uniform2f(this.#program.middle, camera.x, camera.y);
    gl.uniform2f(this.#program.scale, (2 * camera.scale) / width, (-2 * camera.scale) / height);
    gl.uniform1f(this.#program.size, pointSize * ratio);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.drawArrays(gl.POINTS, 0, Math.min(this.#places.length / 2, this.#colours.length / 4));
  }

  #upload(attribute: number, data: Float32Array | Uint8Array, parts: number, kind: number) {
    const gl = this.#gl;
    // A lost context has no attributes.
    if (attribute < 0) return;
    gl.deleteBuffer(this.#buffers.get(attribute) ?? null);
    const buffer = gl.createBuffer();
    this.#buffers.set(attribute, buffer);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(attribute);
    gl.vertexAttribPointer(attribute, parts, kind, kind === gl.UNSIGNED_BYTE, 0, 0);
  }
}

/** How large points are drawn: the more there are, the smaller; the closer the camera, the larger. */
export function pointSizeFor(points: number, camera: Camera): number {
  const base = Math.min(Math.max(12 - 1.8 * Math.log10(Math.max(points, 1)), 3), 9);
  return Math.min(base * Math.max(camera.scale / 800, 1) ** 0.25, 12);
}
