// Makes docs/cli.md out of what the programs print themselves; run by hand it writes the page:
// `node test/rules/cli-page.ts`.

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/cli.md');
const mark =
  '<!-- what follows is what the programs print; `node test/rules/cli-page.ts` writes it -->';

/** Every verb of a program, as the words that call it: `plan`, `token create`. */
export async function verbsOf(program: string, words: readonly string[] = []): Promise<string[]> {
  const text = await help(program, words);
  const [, list = ''] = text.split('\nCommands:\n');
  const [block = ''] = list.split('\n\n');
  const names = [...block.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map((match) => match[1] ?? '');
  const below = names.map(async (name) => {
    const own = [...words, name];
    return [own.join(' '), ...(await verbsOf(program, own))];
  });
  return (await Promise.all(below)).flat();
}

/** What is written by hand above the mark, and the help of every verb below it. */
export async function cliPage(programs: readonly string[]): Promise<string> {
  const [written = ''] = (await readFile(page, 'utf8')).split(mark);
  const parts: string[] = [];
  for (const program of programs) {
    for (const verb of ['', ...(await verbsOf(program))]) {
      const title = `${program} ${verb}`.trim();
      const words = verb === '' ? [] : verb.split(' ');
      const text = (await help(program, words)).trimEnd();
      parts.push(`## ${title}\n\n\`\`\`\n$ ${title} --help\n${text}\n\`\`\`\n`);
    }
  }
  return `${written}${mark}\n\n${parts.join('\n')}`;
}

export const writtenPage = (): Promise<string> => readFile(page, 'utf8');

function help(program: string, words: readonly string[]): Promise<string> {
  // Defaults that come from the environment would show in the text.
  const env = { PATH: process.env.PATH };
  return new Promise((resolve, reject) => {
    execFile(join(root, 'bin', program), [...words, '--help'], { env }, (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(`${program} ${words.join(' ')} --help: ${err}`, { cause: error }));
    });
  });
}

if (import.meta.main) await writeFile(page, await cliPage(['master', 'minion']));
