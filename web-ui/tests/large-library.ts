// A library of many photos, made of an export of the bundled ones: each stands there again and again under other names and dates,
// with a vector that differs a little.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Foray } from './foray';

/** Fills the library of `foray`, which must not run, with `count` photos besides those that are there. */
export function addPhotos(foray: Foray, count: number) {
  const folder = join(foray.folder, 'export');
  foray.run('export', folder);
  const lines = readFileSync(join(folder, 'photos.jsonl'), 'utf8').trim().split('\n');
  const photos = lines.map((line) => JSON.parse(line));
  const vectors = readVectors(join(folder, 'vectors.npy'));
  const made = Array.from({ length: count }, (_, number) => copyOf(photos[number % photos.length], vectors[number % photos.length]!, number));
  for (const { id, thumbnailOf } of made.slice(0, 2_000)) {
    const at = (id: string) => join(folder, 'thumbnails', id.slice(0, 2), `${id}.jpg`);
    cpSync(at(thumbnailOf), at(id));
  }
  made.sort((a, b) => (a.id < b.id ? -1 : 1));
  writeFileSync(join(folder, 'photos.jsonl'), made.map(({ line }) => line).join('\n') + '\n');
  writeVectors(join(folder, 'vectors.npy'), made.map(({ vector }) => vector));
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, photos: count, files: count }));
  foray.run('import', folder);
}

interface Line {
  id: string;
  files: { path: string }[];
}

function copyOf(photo: Line, vector: Float32Array, number: number) {
  const id = number.toString(16).padStart(8, '0').padEnd(32, '5');
  const day = new Date(Date.UTC(2004, 0, 1 + (number % 7_000))).toISOString().slice(0, 10);
  const path = `/archive/${day.slice(0, 4)}/${String(number).padStart(7, '0')}.jpg`;
  const line = JSON.stringify({ ...photo, id, files: [{ ...photo.files[0], path }], taken_at: `${day}T12:00:00` });
  return { id, line, vector: varied(vector, number), thumbnailOf: photo.id };
}

/** A unit vector near `vector`; the same for the same number. */
function varied(vector: Float32Array, number: number): Float32Array {
  const other = vector.map((value, i) => value + 0.03 * Math.sin(number * 12.9898 + i * 78.233));
  const length = Math.sqrt(other.reduce((sum, value) => sum + value * value, 0));
  return other.map((value) => value / length);
}

/** Reads a matrix of 32-bit floats in NumPy's format, version 1. */
function readVectors(file: string): Float32Array[] {
  const bytes = readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  const [rows, columns] = /\((\d+), (\d+)\)/.exec(bytes.toString('latin1', 10, start))!.slice(1).map(Number) as [number, number];
  const numbers = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + start + 4 * rows * columns));
  return Array.from({ length: rows }, (_, row) => numbers.subarray(row * columns, (row + 1) * columns));
}

function writeVectors(file: string, vectors: Float32Array[]) {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${vectors.length}, ${vectors[0]!.length}), }`;
  // The header, its line break included, ends at a multiple of 64.
  const header = text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11) + '\n';
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  const numbers = vectors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength));
  writeFileSync(file, Buffer.concat([start, Buffer.from(header, 'latin1'), ...numbers]));
}
