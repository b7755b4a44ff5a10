// A hub of models on this machine: the small model of the embedding tests under any name, in the shape in which Hugging Face's answers.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative, resolve } from 'node:path';

const MODEL = resolve(import.meta.dirname, '../../shared/embedding/tests/goldens/tiny');
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

export interface Hub {
  url: string;
  stop: () => void;
}

export async function startHub(): Promise<Hub> {
  const files = new Map(filesIn(MODEL).map((file) => [relative(MODEL, file), readFileSync(file)]));
  const server: Server = createServer(({ url = '' }, response) => {
    const file = files.get(url.split(`/resolve/${COMMIT}/`)[1] ?? '');
    if (file) response.end(file);
    else if (url.includes('/revision/')) response.end(JSON.stringify({ sha: COMMIT }));
    else if (url.includes('/tree/')) response.end(JSON.stringify([...files].map(([path, content]) => entry(path, content))));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop: () => server.close() };
}

function entry(path: string, content: Buffer) {
  const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
  const sha256 = createHash('sha256').update(content).digest('hex');
  const lfs = path.endsWith('.onnx') ? { lfs: { oid: sha256, size: content.length } } : {};
  return { type: 'file', path, oid, size: content.length, ...lfs };
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
