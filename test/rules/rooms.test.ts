import { describe, expect, it } from 'vitest';
import { importsIn, rooms, sourcesOf, type Room, type Source } from './sources.ts';

const all: readonly Source[] = rooms.flatMap(sourcesOf);
const product = all.filter((source) => source.room !== 'test');

/** What a room may import of ours. */
const arrows: Readonly<Record<Room, readonly Room[]>> = {
  states: ['states'],
  protocol: ['states', 'protocol'],
  master: ['states', 'protocol', 'master'],
  minion: ['states', 'protocol', 'minion'],
  test: rooms,
};

/** Libraries that one file alone may know, so that the rest speaks our own words. */
const gates: Readonly<Record<string, string>> = {
  dockerode: 'minion/engine/docker.ts',
  fastify: 'master/api/server.ts',
  'node:sqlite': 'master/store/sqlite.ts',
  'node-forge': 'protocol/identity/der.ts',
  'node-forge/lib/asn1.js': 'protocol/identity/der.ts',
};

const faults = (
  broken: (source: Source) => readonly string[],
  sources: readonly Source[] = product,
): string[] => sources.flatMap((source) => broken(source).map((what) => `${source.path}: ${what}`));

describe('imports', () => {
  it('are found in every form', () => {
    const text = `import { a } from './a.ts';
import type {
  B,
} from '../b.ts';
export * from 'zod';
import 'node:fs';
const c = await import('./c.ts');
`;
    expect(importsIn(text, 'master/x/y.ts')).toEqual([
      'master/x/a.ts',
      'master/b.ts',
      'zod',
      'master/x/c.ts',
      'node:fs',
    ]);
    expect(product.length).toBeGreaterThan(20);
  });

  it('go one way between the rooms', () => {
    const broken = faults(
      ({ room, imports }) =>
        imports.filter((name) => {
          const target = rooms.find((each) => name.startsWith(`${each}/`));
          return target !== undefined && !arrows[room].includes(target);
        }),
      all,
    );
    expect(broken).toEqual([]);
  });

  it('stay inside the rooms', () => {
    expect(faults(({ imports }) => imports.filter((name) => name.startsWith('..')))).toEqual([]);
  });

  it('of states are pure', () => {
    const known = /^(states\/|yaml$|zod$|node:(crypto|fs|fs\/promises|path)$)/;
    const states = product.filter(({ room }) => room === 'states');
    expect(faults(({ imports }) => imports.filter((name) => !known.test(name)), states)).toEqual(
      [],
    );
  });

  it.each(Object.entries(gates))('of %s stand in %s alone', (library, gate) => {
    const strangers = product.filter(
      ({ path, imports }) => path !== gate && imports.includes(library),
    );
    expect(strangers.map(({ path }) => path)).toEqual([]);
  });
});

describe('a file', () => {
  it('begins with what it is', () => {
    const bare = product.filter(({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it('of more than 250 lines says why: `Long because …`', () => {
    const long = all.filter(({ text }) => text.split('\n').length > 251);
    const unexplained = long.filter(({ text }) => !/^(\/\/| \*) Long because \S/m.test(text));
    expect(unexplained.map(({ path }) => path)).toEqual([]);
  });

  it('writes to the terminal only where that is its part', () => {
    const allowed = /^(master|minion)\/(main\.ts|cli\/)/;
    const broken = faults(({ path, text }) => [
      ...(/\bconsole\./.test(text) ? ['console'] : []),
      ...(!allowed.test(path) && /\bprocess\.std(out|err)\b/.test(text) ? ['process.stdout'] : []),
    ]);
    expect(broken).toEqual([]);
  });

  it('switches no rule off', () => {
    // The words that it looks for, which stand in no other file.
    const off = /eslint-disable|@ts-(ignore|expect-error|nocheck)|\bas any\b|: any\b/;
    const broken = all.filter(
      ({ path, text }) => path !== 'test/rules/rooms.test.ts' && off.test(text),
    );
    expect(broken.map(({ path }) => path)).toEqual([]);
  });
});
