// The shell script, run for real on files with the names that go wrong first.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan, PlannedFile } from './plan';
import { shellScript, shellWord } from './shell';

let folder = '';
let trash = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foray-shell-'));
  trash = join(folder, "it's the trash");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (path: string | Buffer) => readFileSync(path).length;

function file(name: string, text = 'photo'): PlannedFile {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { path, bytes: bytesOf(path) };
}

/** A file whose name is not UTF-8. */
function latin1File(name: string): PlannedFile {
  const path = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
  writeFileSync(path, 'photo');
  return { path: path.toString('utf8'), path_bytes: path.toString('base64'), bytes: bytesOf(path) };
}

function run(groups: [keep: PlannedFile[], remove: PlannedFile[]][], ...given: string[]) {
  const plan: Plan = {
    groups: groups.map(([keep, remove]) => ({ kind: 'exact', keep, remove })),
    files: 0,
    bytes: 0,
    contradictions: 0,
  };
  const script = shellScript(plan, trash, '2026-11-28');
  return spawnSync('sh', ['-s', '--', ...given], { input: script, encoding: 'utf8', cwd: folder });
}

const inTrash = (file: PlannedFile) => existsSync(trash + file.path);

test('names with quotes, blanks, line breaks, dollars and backslashes are moved as they are', () => {
  const names = ["it's.jpg", 'two  blanks .jpg', 'line\nbreak.jpg', '$(touch bad) `touch bad`.jpg', '"double".jpg', 'back\\slash\\0101.jpg', '%s%n.jpg', '-rf.jpg', 'größe 照片.jpg', '*.jpg'];
  const keep = file('keep.jpg');
  const { status, stderr } = run([[[keep], names.map((name) => file(name))]]);
  expect([status, stderr]).toEqual([0, expect.stringContaining(`${names.length} files moved`)]);
  const before = `${trash}${folder}`;
  expect(readdirSync(before).sort()).toEqual([...names].sort());
  expect(readdirSync(folder).sort()).toEqual(["it's the trash", 'keep.jpg']);
});

test('a name that is not UTF-8 is moved byte for byte', () => {
  const odd = latin1File('café.jpg');
  expect(run([[[file('keep.jpg')], [odd]]]).status).toBe(0);
  const moved = readdirSync(Buffer.from(trash + folder), { encoding: 'buffer' });
  expect(moved.map((name) => name.toString('latin1'))).toEqual(['café.jpg']);
});

test('a name that is not UTF-8 is kept, too', () => {
  const [odd, copy] = [latin1File('café.jpg'), file('copy.jpg')];
  expect(run([[[odd], [copy]]]).status).toBe(0);
  expect(inTrash(copy)).toBe(true);
});

test('nothing of a group moves when a kept file is missing or has changed', () => {
  for (const spoil of [(path: string) => rmSync(path), (path: string) => writeFileSync(path, 'cut')]) {
    const [first, second, copy] = [file('first.jpg'), file('second.jpg'), file('copy.jpg')];
    spoil(second.path);
    const { status, stderr } = run([[[first, second], [copy]]]);
    expect([status, existsSync(copy.path), inTrash(copy)]).toEqual([1, true, false]);
    expect(stderr).toContain(`left alone, since what is kept is missing or has changed: ${second.path}`);
  }
});

test('other groups go on', () => {
  const [copy, other] = [file('copy.jpg'), file('other.jpg')];
  const missing = { path: join(folder, 'missing.jpg'), bytes: 5 };
  expect(run([[[missing], [copy]], [[file('keep.jpg')], [other]]]).status).toBe(1);
  expect([inTrash(copy), inTrash(other)]).toEqual([false, true]);
});

test('a file that is the kept one by a link stays', () => {
  const real = file('real.jpg');
  mkdirSync(join(folder, 'album'));
  symlinkSync(real.path, join(folder, 'album/link.jpg'));
  const link = { path: join(folder, 'album/link.jpg'), bytes: real.bytes };
  expect(run([[[link], [real]]]).status).toBe(1);
  expect(existsSync(real.path)).toBe(true);
});

test('a file that has changed since stays, and nothing in the trash is overwritten', () => {
  const [keep, changed, twice] = [file('keep.jpg'), file('changed.jpg'), file('twice.jpg')];
  writeFileSync(changed.path, 'edited meanwhile');
  mkdirSync(trash + folder, { recursive: true });
  writeFileSync(trash + twice.path, 'older');
  expect(run([[[keep], [changed, twice]]]).status).toBe(1);
  expect([existsSync(changed.path), readFileSync(trash + twice.path, 'utf8')]).toEqual([true, 'older']);
});

test('it can be run again, and into another folder', () => {
  const [keep, copy] = [file('keep.jpg'), file('copy.jpg')];
  expect(run([[[keep], [copy]]], 'elsewhere').status).toBe(0);
  expect(existsSync(join(folder, 'elsewhere') + copy.path)).toBe(true);
  expect(run([[[keep], [copy]]])).toMatchObject({ status: 0, stderr: expect.stringContaining('is gone already') });
});

test('what hides in a name is written out', () => {
  expect(shellWord({ path: '/a/\u202egpj.exe', bytes: 1 })).toBe(`"$(printf '%b' '/a/\\0342\\0200\\0256gpj.exe')"`);
  expect(shellWord({ path: "/a/it's", bytes: 1 })).toBe(`'/a/it'\\''s'`);
});
