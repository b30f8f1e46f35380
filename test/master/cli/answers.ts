// A real HTTP server on a Unix socket that gives recorded answers, and bin/master run against it.

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

type Answer = (asked: Asked, response: ServerResponse) => void;

interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export class Answers {
  readonly dir: string;
  readonly asked: string[] = [];
  /** `METHOD /path` → what is answered. */
  readonly routes = new Map<string, Answer>();
  #server: Server | undefined;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async start(): Promise<Answers> {
    const answers = new Answers(await mkdtemp(join(tmpdir(), 'brine-cli-')));
    await answers.listen();
    return answers;
  }

  json(route: string, value: unknown, status = 200): void {
    this.routes.set(route, (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    });
  }

  async listen(): Promise<void> {
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://master');
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const body: unknown = text === '' ? undefined : JSON.parse(text);
        const route = `${request.method} ${url.pathname}`;
        this.asked.push(`${route}${url.search}`);
        const answer = this.routes.get(route);
        if (answer === undefined) response.writeHead(404).end(`{"no":"${route}"}`);
        else answer({ path: url.pathname, query: url.searchParams, body }, response);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(join(this.dir, 'master.sock'), resolve);
    });
  }

  /** As a kill would: every connection breaks at once. */
  async die(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(0) : server.close(resolve)));
  }

  async close(): Promise<void> {
    await this.die();
    await rm(this.dir, { recursive: true, force: true });
  }
}

interface Run {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly done: Promise<{ code: number | null; out: string; err: string }>;
  /** Resolves once the output holds the text. */
  said(text: string): Promise<void>;
}

const program = join(import.meta.dirname, '../../../bin/master');

export function runMaster(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (part: Buffer) => (out += part.toString()));
  child.stderr.on('data', (part: Buffer) => (err += part.toString()));
  const done = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, out, err });
    });
  });
  const said = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (out.includes(text) || err.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.on('close', () => {
        reject(new Error(`ended without saying ${text}: ${out}${err}`));
      });
      look();
    });
  return { child, done, said };
}
