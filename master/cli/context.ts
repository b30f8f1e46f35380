// What every verb is given: where to write, whom to ask, how wide the terminal is. Made once from the
// command line and the environment.

import { hostname, userInfo } from 'node:os';
import { realWorld, type World } from '../../protocol/world.ts';
import { openClient, type Client, type Target } from './client.ts';
import { styleOf, type Style } from './render/style.ts';
import type { Page } from './render/plan.ts';

/** Options that every verb takes, as commander hands them over. */
export interface GlobalOptions {
  readonly dir: string;
  readonly url?: string;
  readonly ca?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly color: boolean;
}

export interface Context {
  readonly target: Target;
  readonly client: Client;
  readonly json: boolean;
  readonly debug: boolean;
  readonly style: Style;
  readonly world: World;
  /** Who asks, as it stands in the history: `user@machine`. */
  readonly actor: string;
  /** What is written goes to a terminal: a view may be redrawn. */
  readonly terminal: boolean;
  /** A person can read a question and answer it, also where the output itself goes elsewhere. */
  readonly interactive: boolean;
  readonly columns: () => number;
  readonly rows: () => number;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const columnsOfPipe = 100;

export function makeContext(options: GlobalOptions, env: NodeJS.ProcessEnv): Context {
  const target = targetOf(options, env);
  const terminal = process.stdout.isTTY && env.TERM !== 'dumb';
  return {
    target,
    client: openClient(target),
    json: options.json === true,
    debug: options.debug === true,
    style: styleOf(wantsColour(options, env, terminal), colourBits(process.stdout, env)),
    world: realWorld,
    actor: actorName(env),
    terminal,
    interactive: process.stdin.isTTY && (process.stdout.isTTY || process.stderr.isTTY),
    columns: () => (process.stdout.isTTY ? process.stdout.columns || 80 : columnsOfPipe),
    // A terminal that does not know its size says 0.
    rows: () => (process.stdout.isTTY ? process.stdout.rows || 24 : 24),
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
  };
}

export const pageOf = (context: Context): Page => ({
  width: context.columns(),
  style: context.style,
});

/** `--json`: one value on one line; else the text that `render` makes. */
export function show(context: Context, value: unknown, render: (page: Page) => string): void {
  context.out(context.json ? JSON.stringify(value) : render(pageOf(context)));
}

function targetOf(options: GlobalOptions, env: NodeJS.ProcessEnv): Target {
  const url = options.url ?? env.BRINE_URL;
  const ca = options.ca ?? env.BRINE_CA;
  const token = env.BRINE_TOKEN;
  return {
    dir: options.dir,
    ...(url === undefined ? {} : { url }),
    ...(ca === undefined ? {} : { ca }),
    ...(token === undefined ? {} : { token }),
  };
}

/** Of a colour that the terminal can show; 1 where there is none. */
export const colourBits = (stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): number =>
  stream.isTTY ? stream.getColorDepth(env) : 1;

export function wantsColour(
  options: Pick<GlobalOptions, 'color'>,
  env: NodeJS.ProcessEnv,
  terminal: boolean,
): boolean {
  return options.color && terminal && (env.NO_COLOR ?? '') === '';
}

function actorName(env: NodeJS.ProcessEnv): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${env.USER ?? 'unknown'}@${hostname()}`;
  }
}
