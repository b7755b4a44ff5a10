// A WebGL program of a vertex and a fragment shader: round points at their places on the map.

const VERTEX = `#version 300 es
in vec2 place;
in vec4 colour;
uniform vec2 middle;
uniform vec2 scale;
uniform float size;
out vec4 fill;

void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  gl_PointSize = size;
  fill = colour;
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 fill;
uniform float size;
out vec4 pixel;

void main() {
  float inside = size / 2.0 - length(gl_PointCoord - 0.5) * size;
  pixel = vec4(fill.rgb, 1.0) * fill.a * clamp(inside, 0.0, 1.0);
}`;

export interface Program {
  /** Where the attributes of a point are bound. */
  place: number;
  colour: number;
  middle: WebGLUniformLocation | null;
  scale: WebGLUniformLocation | null;
  size: WebGLUniformLocation | null;
}

/** Compiles the program and uses it. */
export function pointProgram(gl: WebGL2RenderingContext): Program {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    // A lost context gives none; it is made anew when the context is restored.
    if (!shader) continue;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The point program does not link: ${gl.getProgramInfoLog(program)}`);
  }
  gl.useProgram(program);
  return {
    place: gl.getAttribLocation(program, 'place'),
    colour: gl.getAttribLocation(program, 'colour'),
    middle: gl.getUniformLocation(program, 'middle'),
    scale: gl.getUniformLocation(program, 'scale'),
    size: gl.getUniformLocation(program, 'size'),
  };
}
