// Whatever the files hold, loading them neither throws nor hangs, and what is wrong has a place.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostState } from '../../protocol/state-schema.ts';
import { renderDiagnostics } from '../../states/diagnostics.ts';
import type { StateFile, StateFiles } from '../../states/files.ts';
import { loadStates } from '../../states/load.ts';
import { filesOf, good, resolve } from './sample.ts';

/** `FUZZ_RUNS` of the environment makes it longer. */
const numRuns = Number(process.env.FUZZ_RUNS ?? 300);

const paths = Object.keys(good) as (keyof typeof good)[];
const path = fc.constantFrom(
  ...paths,
  ...['services/b.yaml', 'services', 'versions/b.yaml', 'environments/b.yaml', 'services/b.yml'],
);

const marks = [
  ...['a', 'image', 'api', ': ', ':', '- ', '\n', '\n  ', '\n\t', '[', ']', '{', '}', ', ', '? '],
  ...['"', "'", '|', '>', '|-\n', '#', ' #', '&a ', '*a', '!!str ', '!x', '%', '---\n', '...\n'],
  ...['@', '`', '\\', '\\x00', '\r', '\r\n', '\0', '\u{1F600}', 'é', '\ufeff', '<<', '__proto__'],
  ...['constructor', 'null', '~', 'true', '1.10', '0x1f', '.inf', '.nan', '1e999', '-0', '${', '$'],
  ...['${vars.a}', '${host.id}', '${service.api.port}', '$${', 'x-a', 'hosts', 'vars', 'services'],
];
const yamlish = fc.array(fc.constantFrom(...marks), { maxLength: 40 }).map((all) => all.join(''));

const content: fc.Arbitrary<StateFile> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes })),
  yamlish.map((text) => ({ bytes: Buffer.from(text) })),
  fc.string({ unit: 'binary', maxLength: 100 }).map((text) => ({ bytes: Buffer.from(text) })),
  fc.oneof(path, fc.constantFrom('..', '../..', '/', '', '.', 'a/../..')).map((link) => ({ link })),
);

/** The good states with a few files made something else. */
const replaced = fc
  .array(fc.tuple(path, content), { maxLength: 3 })
  .map((changes): StateFiles => new Map([...filesOf(good), ...changes]));

/** The good states with a piece of one file written over by another. */
const mutated = fc
  .tuple(fc.constantFrom(...paths), fc.nat(), fc.nat(20), fc.oneof(yamlish, fc.json()))
  .map(([file, at, length, text]): StateFiles => {
    const before = good[file];
    const from = at % (before.length + 1);
    const after = before.slice(0, from) + text + before.slice(from + length);
    return filesOf({ ...good, [file]: after });
  });

function check(files: StateFiles): void {
  const loaded = loadStates(files);
  if (loaded.ok) {
    for (const environment of loaded.states.environments.keys()) {
      const answer = resolve(loaded.states, { environment });
      if (!answer.ok) expect(answer.diagnostics).not.toEqual([]);
      else answer.environment.hosts.forEach(({ state }) => hostState.parse(state));
    }
    return;
  }
  expect(loaded.diagnostics).not.toEqual([]);
  for (const { file, line, column, length = 1, message } of loaded.diagnostics) {
    expect(file).not.toBe('');
    expect(Math.min(line, column, length)).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe('');
  }
  expect(renderDiagnostics(loaded.diagnostics, files)).not.toBe('');
}

describe('loading never throws', () => {
  it('where files hold anything', () => {
    fc.assert(fc.property(replaced, check), { numRuns });
  });

  it('where files are right but for a piece', () => {
    fc.assert(fc.property(mutated, check), { numRuns });
  });
});

describe('one piece over and over', () => {
  it.each(marks.map((mark) => [JSON.stringify(mark), mark]))('of %s ends', (_, mark) => {
    const text = mark.repeat(Math.ceil(3_000 / mark.length));
    for (const before of ['', 'image: ', 'image: api\nx-a: ', '- ']) {
      check(filesOf({ ...good, 'services/api.yaml': before + text }));
    }
  });
});
