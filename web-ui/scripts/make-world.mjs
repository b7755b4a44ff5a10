// Makes src/viewer/world.ts, the outline of the world's land: `node scripts/make-world.mjs`.
//
// The land is Natural Earth's at 1:110 million (https://www.naturalearthdata.com, public domain), as TopoJSON from the npm
// package world-atlas (ISC licence, https://github.com/topojson/world-atlas).
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PACKAGE = 'world-atlas@2.0.2';
const OUTPUT = join(import.meta.dirname, '../src/viewer/world.ts');
/** Steps of the outline for each degree: finer than a small map can show. */
const STEPS = 2;
const [WIDTH, HEIGHT] = [360 * STEPS, 180 * STEPS];

const { transform, arcs, objects } = readLand();
const rings = objects.land.geometries.flatMap(({ arcs }) => arcs.flat()).map(ringOf);
const path = rings.map(unrolled).flatMap(onMap).map(pathOf).join('');
writeFileSync(OUTPUT, moduleOf(path));
console.log(`${OUTPUT}: ${path.length} bytes of outline`);

function readLand() {
  const folder = mkdtempSync(join(tmpdir(), 'world-'));
  try {
    const archive = execFileSync('npm', ['pack', '--silent', PACKAGE], { cwd: folder, encoding: 'utf8' }).trim();
    execFileSync('tar', ['xzf', archive], { cwd: folder });
    return JSON.parse(readFileSync(join(folder, 'package/land-110m.json'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The points of a ring, in steps from the north-western corner; its arcs share their ends. */
function ringOf(arcIndexes) {
  return arcIndexes.flatMap((index) => (index < 0 ? pointsOf(arcs[~index]).reverse() : pointsOf(arcs[index])));
}

/** An arc's points; TopoJSON keeps whole-numbered differences. */
function pointsOf(arc) {
  let [x, y] = [0, 0];
  return arc.map(([dx, dy]) => {
    [x, y] = [x + dx, y + dy];
    const [longitude, latitude] = [0, 1].map((axis) => [x, y][axis] * transform.scale[axis] + transform.translate[axis]);
    return [Math.round((longitude + 180) * STEPS), Math.round((90 - latitude) * STEPS)];
  });
}

/** The ring without jumps from one edge of the map to the other: it goes on beyond the edge. One round the pole ends there. */
function unrolled(ring) {
  let turns = 0;
  const points = ring.map(([x, y], i) => {
    const step = i === 0 ? 0 : x - ring[i - 1][0];
    if (Math.abs(step) > WIDTH / 2) turns -= Math.sign(step);
    return [x + turns * WIDTH, y];
  });
  return turns === 0 ? points : [...points, [points.at(-1)[0], HEIGHT], [points[0][0], HEIGHT]];
}

/** The ring, and once more where a part of it that is beyond one edge comes in at the other. */
function onMap(ring) {
  const copies = [-WIDTH, 0, WIDTH].map((shift) => ring.map(([x, y]) => [x + shift, y]));
  return copies.filter((copy) => copy.some(([x]) => x > 0 && x < WIDTH));
}

/** A closed path through the points, without those that lie on the way between their neighbours. */
function pathOf(ring) {
  const moved = ring.filter(([x, y], i) => i === 0 || x !== ring[i - 1][0] || y !== ring[i - 1][1]);
  const corners = moved.filter((point, i) => i === 0 || i === moved.length - 1 || turns(moved[i - 1], point, moved[i + 1]));
  if (corners.length < 4) return '';
  const steps = corners.slice(1).map(([x, y], i) => `${x - corners[i][0]} ${y - corners[i][1]}`);
  return `M${corners[0].join(' ')}l${steps.join(' ')}z`.replaceAll(' -', '-');
}

function turns([ax, ay], [bx, by], [cx, cy]) {
  return (bx - ax) * (cy - by) !== (by - ay) * (cx - bx);
}

function moduleOf(path) {
  return `// The outline of the world's land, made by scripts/make-world.mjs from Natural Earth (public domain).

/** An equirectangular map: ${STEPS} units for each degree, from 180° W and 90° N. */
export const WORLD = {
  width: ${WIDTH},
  height: ${HEIGHT},
  land: '${path}',
};
`;
}
