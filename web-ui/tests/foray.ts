// The real program over a throwaway copy of the bundled photographs.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = resolve(import.meta.dirname, '../..');
const BINARY = process.env.FORAY_BINARY ?? join(ROOT, 'target/debug/foray');
const START_MS = 30_000;

export class Foray {
  readonly folder = mkdtempSync(join(tmpdir(), 'foray-browser-'));
  readonly photos = join(this.folder, 'photos');
  url = '';
  #server: ChildProcess | undefined;
  #port = 0;

  private constructor(readonly settings: Record<string, string> = {}) {}

  /** Indexes the bundled photographs and serves them. */
  static async start(): Promise<Foray> {
    const foray = new Foray();
    cpSync(join(ROOT, 'tests/samples'), foray.photos, { recursive: true });
    foray.run('index', '--quiet', foray.photos);
    await foray.serve('serve');
    return foray;
  }

  /** Serves a library that nothing was indexed for, with these variables in its environment. */
  static async empty(settings: Record<string, string> = {}): Promise<Foray> {
    const foray = new Foray(settings);
    mkdirSync(foray.photos);
    await foray.serve('up');
    return foray;
  }

  /** Runs a command of the program and gives what it printed. */
  run(...command: string[]): string {
    const { status, stdout, stderr } = spawnSync(BINARY, command, { env: this.#environment, encoding: 'utf8' });
    if (status !== 0) throw new Error(`foray ${command.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** Starts `foray serve` or `foray up DIR` at the same address as before; ready when it answers. */
  async serve(...command: string[]) {
    this.#port ||= await freePort();
    this.url = `http://127.0.0.1:${this.#port}`;
    const address = `127.0.0.1:${this.#port}`;
    this.#server = spawn(BINARY, [...command, '--quiet', '--bind', address], { env: this.#environment, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    this.#server.stdout!.on('data', (data: Buffer) => (said += String(data)));
    await this.#answers();
    this.link = said.match(/http:\/\/\S+key=\S+/)?.[0] ?? this.url;
  }

  /** The link that it printed at its start, with the page's key where there is one. */
  link = '';

  async stop() {
    const server = this.#server;
    if (!server || server.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }

  async remove() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #environment() {
    const own = {
      FORAY_LIBRARY: join(this.folder, 'library'),
      FORAY_MODELS: join(this.folder, 'models'),
      XDG_CONFIG_HOME: join(this.folder, 'config'),
      ...this.settings,
    };
    const { FORAY_TOKEN: _, ...others } = process.env;
    return { ...others, ...own };
  }

  async #answers() {
    for (const begun = Date.now(); Date.now() - begun < START_MS; await sleep(50)) {
      const answer = await fetch(`${this.url}/healthz`).catch(() => undefined);
      if (answer?.ok) return;
      if (this.#server?.exitCode != null) throw new Error(`foray ended with ${this.#server.exitCode}`);
    }
    throw new Error(`foray does not answer at ${this.url}`);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
