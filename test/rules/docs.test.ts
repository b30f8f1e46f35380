import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exitMeanings } from '../../master/cli/exit.ts';
import { faults } from '../../states/faults.ts';
import { cliPage, verbsOf, writtenPage } from './cli-page.ts';
import { root } from './sources.ts';

const programs = ['master', 'minion'] as const;

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('docs/errors.md', () => {
  it('lists exactly the faults that there are, with their exit codes and hints', () => {
    const rows = read('docs/errors.md').matchAll(
      /^\| `([A-Z_]+)` \| (\d+) \| (yes|no) \| (\S.*\S) \| (.*) \|$/gm,
    );
    const listed = [...rows].map(([, code, exit, again, , hint]) => [code, exit, again, hint]);
    const known = Object.entries(faults).map(([code, { exit, retry, hint }]) => [
      code,
      String(exit),
      retry ? 'yes' : 'no',
      hint.replaceAll('|', '\\|'),
    ]);
    expect(listed).toEqual(known);
  });

  it('uses no exit code that the command line does not explain', () => {
    const explained = new Set(exitMeanings.map(([code]) => code));
    const used = Object.values(faults).map(({ exit }) => exit);
    expect(used.filter((exit) => !explained.has(exit))).toEqual([]);
  });
});

describe('docs/cli.md', () => {
  it('is what the programs print', async () => {
    expect(await writtenPage()).toBe(await cliPage(programs));
  });

  it('lists exactly the exit codes that there are', () => {
    const rows = read('docs/cli.md').matchAll(/^\| (\d+) \| (.+) \|$/gm);
    const listed = [...rows].map(([, code, words]) => [Number(code), words]);
    expect(listed).toEqual(exitMeanings);
  });
});

describe('commands named anywhere', () => {
  const verbs = new Map<string, readonly string[]>();
  beforeAll(async () => {
    for (const program of programs) verbs.set(program, await verbsOf(program));
  });

  const pages = [
    ...readdirSync(root).filter((name) => name.endsWith('.md')),
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join('docs', name)),
  ];

  it.each(pages)('in %s exist', (path) => {
    expect(unknownIn(read(path), verbs)).toEqual([]);
  });

  it('in the hints of the faults exist', () => {
    const hints = Object.values(faults).map(({ hint }) => hint);
    expect(hints.flatMap((hint) => unknownIn(hint, verbs))).toEqual([]);
  });

  it('are found where they are written', () => {
    const text =
      '$ master frob beta\nrun `master status` or `minion dance --hard`; the master is away';
    expect(unknownIn(text, verbs)).toEqual(['master frob', 'minion dance']);
  });
});

/** Commands in sessions (`$ master …`) and in inline code whose verb does not exist. */
function unknownIn(text: string, verbs: ReadonlyMap<string, readonly string[]>): string[] {
  const calls = text.matchAll(/(?:^\s*\$ (?:.*\/)?|`)(master|minion) ([a-z][a-z-]*)/gm);
  return [...calls]
    .filter(([, program = '', verb = '']) => !(verbs.get(program) ?? []).includes(verb))
    .map(([, program, verb]) => `${program} ${verb}`);
}
