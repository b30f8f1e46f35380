// The page about the states must say what the schemas say, and its examples must work.

import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../states/diagnostics.ts';
import type { StateFile } from '../../states/files.ts';
import { loadStates } from '../../states/load.ts';
import { roots } from '../../states/scope.ts';
import { statesPage, writtenPage } from './states-page.ts';

describe('docs/states.md', () => {
  it('has every key of the schemas', async () => {
    expect(await writtenPage()).toBe(await statesPage());
  });

  it('has every root of a reference', async () => {
    const page = await writtenPage();
    expect(roots.filter((root) => !page.includes(`\`\${${root}`))).toEqual([]);
  });

  it('shows states that are right, file after file', async () => {
    const files = new Map<string, StateFile>();
    const database = 'image: api\ntargets: role=app\n';
    files.set('services/database.yaml', { bytes: Buffer.from(database) });
    for (const [, path = '', text = ''] of examples(await writtenPage())) {
      files.set(path, { bytes: Buffer.from(text) });
    }
    expect([...files.keys()].sort()).toEqual([
      'brine.yaml',
      'environments/beta.yaml',
      'environments/prod.yaml',
      'services/api.yaml',
      'services/database.yaml',
      'services/web.yaml',
      'versions/beta.yaml',
      'versions/prod.yaml',
    ]);
    const beta = 'hosts: ring=beta\nvars: { web_port: 18080, api_port: 1, db_host: a }\n';
    files.set('environments/beta.yaml', { bytes: Buffer.from(beta) });
    const loaded = loadStates(files);
    expect(loaded.ok ? '' : renderDiagnostics(loaded.diagnostics, files)).toBe('');
  });

  it('begins with a repository that works by itself', async () => {
    const files = new Map<string, StateFile>();
    for (const [, path = '', text = ''] of examples(await writtenPage()).slice(0, 4)) {
      files.set(path, { bytes: Buffer.from(text) });
    }
    const loaded = loadStates(files);
    expect(loaded.ok && [...loaded.states.environments.values()][0]?.problems).toEqual([]);
  });
});

const examples = (page: string): readonly RegExpMatchArray[] => [
  ...page.matchAll(/^```yaml\n# (\S+\.yaml)\n(.*?)^```$/gms),
];
