// How the demo speaks: chapters, each command with a comment that says what it is for, as one would
// type it, and what was found afterwards. Writes to the terminal and keeps count.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const colours = process.stdout.isTTY && !process.env['NO_COLOR'];
const paint =
  (code: string) =>
  (text: string): string =>
    colours ? `\u001b[${code}m${text}\u001b[0m` : text;
const style = { dim: paint('2'), bold: paint('1'), green: paint('32'), red: paint('31') };

interface CommandOptions {
  /** Exit codes that are right; 0 where absent. */
  readonly expect?: readonly number[];
  /** What is shown, where a person would type something else. */
  readonly shown?: string;
  /** Its output is handed back and not shown. */
  readonly quiet?: boolean;
}

interface Shown {
  readonly code: number;
  /** Only of quiet commands. */
  readonly out: string;
}

const commandMs = 90_000;

export class Stage {
  readonly #chapters: number;
  readonly #found: { readonly what: string; readonly ok: boolean }[] = [];
  readonly #from = performance.now();
  #chapter = 0;

  constructor(chapters: number) {
    this.#chapters = chapters;
  }

  get failures(): readonly string[] {
    return this.#found.filter(({ ok }) => !ok).map(({ what }) => what);
  }

  get checks(): number {
    return this.#found.length;
  }

  get seconds(): string {
    return ((performance.now() - this.#from) / 1_000).toFixed(0);
  }

  title(text: string): void {
    this.#write(`${style.bold(text)}\n`);
  }

  chapter(title: string, ...lines: readonly string[]): void {
    this.#chapter += 1;
    this.heading(`${this.#chapter}/${this.#chapters} ${title}`);
    this.text(...lines);
  }

  heading(title: string): void {
    const rule = '─'.repeat(Math.max(4, 72 - title.length));
    this.#write(`\n${style.bold(`── ${title} `)}${style.dim(rule)}\n`);
  }

  text(...lines: readonly string[]): void {
    for (const line of lines) this.#write(`${line}\n`);
  }

  /** Something that is so, or should be. */
  check(ok: boolean, what: string): void {
    this.#found.push({ what, ok });
    this.#write(`${ok ? style.green(`✓ ${what}`) : style.red(style.bold(`✗ ${what}`))}\n`);
  }

  /** Says what a command is for, shows it and runs it. A wrong exit code is a failed check. */
  async command(
    why: string,
    line: readonly string[],
    options: CommandOptions = {},
  ): Promise<Shown> {
    this.show(why, options.shown ?? words(line));
    const [program = '', ...args] = line;
    const shown = await this.#run(program, args, options);
    const { expect = [0] } = options;
    if (!expect.includes(shown.code)) {
      this.check(false, `${words(line)}: exit code ${shown.code}, not ${expect.join(' or ')}`);
      if (options.quiet === true) this.text(shown.out.trimEnd());
    }
    return shown;
  }

  /** Only shows a command, for one that is run in the background. */
  show(why: string, line: string): void {
    this.#write(why === '' ? '' : `\n${style.dim(`# ${why}`)}\n`);
    this.#write(`${style.green('$')} ${style.bold(line)}\n`);
  }

  #run(program: string, args: readonly string[], options: CommandOptions): Promise<Shown> {
    return new Promise((resolve) => {
      const child = spawn(program, args, {
        // Its own view of a terminal, where there is one.
        stdio:
          options.quiet === true ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
        timeout: commandMs,
        killSignal: 'SIGKILL',
      });
      let out = '';
      child.stdout?.on('data', (text: Buffer) => (out += text.toString()));
      child.stderr?.on('data', (text: Buffer) => (out += text.toString()));
      child.once('error', (error) => resolve({ code: 127, out: error.message }));
      child.once('close', (code, signal) => {
        resolve({ code: code ?? 128 + constants.signals[signal ?? 'SIGKILL'], out });
      });
    });
  }

  #write(text: string): void {
    process.stdout.write(text);
  }
}

/** As a shell would need it typed. */
const words = (line: readonly string[]): string =>
  line.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
