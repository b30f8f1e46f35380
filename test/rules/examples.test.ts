// The states that people copy must work as they stand, and the page they read first must show them.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDirectory } from '../../master/source/directory.ts';
import { renderDiagnostics } from '../../states/diagnostics.ts';
import { parseHostId } from '../../states/ids.ts';
import { loadStates } from '../../states/load.ts';
import type { InventoryHost } from '../../states/model.ts';
import { resolveEnvironment } from '../../states/resolve.ts';
import type { States } from '../../states/states.ts';
import { root } from './sources.ts';

async function example(folder = ''): Promise<States> {
  const files = await readDirectory(join(root, 'examples', folder), '');
  const loaded = loadStates(files);
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics, files));
  return loaded.states;
}

function host(name: string, labels: Record<string, string>): InventoryHost {
  const id = parseHostId(name);
  if (id === undefined) throw new Error(name);
  return { id, labels, facts: {} };
}

describe('examples/', () => {
  it('puts the service on the hosts that its comments say, and on no other', async () => {
    const resolved = resolveEnvironment(await example(), {
      environment: 'beta',
      inventory: [
        host('web-1', { role: 'web', ring: 'beta' }),
        host('web-2', { role: 'web', ring: 'beta' }),
        host('db-1', { role: 'db', ring: 'beta' }),
        host('web-9', { role: 'web', ring: 'prod' }),
      ],
      digests: new Map([['web', `sha256:${'1'.repeat(64)}`]]),
      commit: null,
    });
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.diagnostics));
    const { hosts, policy } = resolved.environment;
    expect(resolved.warnings).toEqual([]);
    const placed = hosts.map(({ host: { id }, state }) => [id, state.containers.length]);
    expect(Object.fromEntries(placed)).toMatchObject({ 'web-1': 1, 'web-2': 1 });
    expect(placed.filter(([, count]) => count === 1)).toHaveLength(2);
    const [first] = hosts.flatMap(({ state }) => state.containers);
    expect(first).toMatchObject({
      service: 'web',
      env: { GREETING: 'hello from beta', LOG_LEVEL: 'debug' },
      ports: [{ host: 18080, container: 8080 }],
    });
    expect(policy).toMatchObject({ canary: 1, maxFailures: 0 });
  });

  it('stands in README.md word for word, but for its comments', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8');
    for (const path of ['services/web.yaml', 'environments/beta.yaml', 'versions/beta.yaml']) {
      const [, shown = ''] = readme.split(`# ${path}\n`);
      const [block = ''] = shown.split(/\n(?:\n|```)/);
      const text = await readFile(join(root, 'examples', path), 'utf8');
      expect(block.trim(), path).toBe(bare(text));
    }
  });
});

describe('examples/pipeline/', () => {
  it('is right without any version, in every stage, as nothing was released yet', async () => {
    const { pipeline, environments, versions, warnings } = await example('pipeline');
    expect([...pipeline].map(([name, { after }]) => [name, after])).toEqual([
      ['beta', []],
      ['gamma', ['beta']],
      ['prod', ['gamma']],
    ]);
    expect([...environments.values()].flatMap(({ problems }) => problems)).toEqual([]);
    expect(versions.size).toBe(0);
    expect(warnings).toEqual([]);
  });

  it('stands in docs/pipeline.md word for word, but for its comments', async () => {
    const page = await readFile(join(root, 'docs/pipeline.md'), 'utf8');
    for (const path of ['brine.yaml', 'environments/prod.yaml']) {
      const [, shown = ''] = page.split(`# ${path}\n`);
      const text = await readFile(join(root, 'examples/pipeline', path), 'utf8');
      expect(shown.split('```')[0]?.trim(), path).toBe(bare(text));
    }
  });
});

const bare = (text: string): string =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.trimStart().startsWith('#'))
    .join('\n')
    .trim();
