// What docs/ci.md tells builds and registries to do, done: its very lines against a master that runs,
// over TLS by the name they use, with a real registry and states in git.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Routes } from '../../../master/api/contract.ts';
import type { ReleaseAnswer, ReleaseView } from '../../../master/api/pipeline-contract.ts';
import { openClient, type Client } from '../../../master/cli/client.ts';
import { startDaemon, type Daemon } from '../../../master/daemon.ts';
import { makeIdentity } from '../../../master/fleet/identity-files.ts';
import { initMaster } from '../../../master/init.ts';
import { RegistryProcess } from '../../engine/registry-process.ts';
import { runsWith } from '../../fleet/needs.ts';
import { freePort } from '../../fleet/ports.ts';
import { until } from '../daemon/fixture.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/ci.md'), 'utf8');

/** The code below a heading, in the order in which it stands there. */
function codeUnder(heading: string, language: string): string {
  const [, section = ''] = page.split(`### ${heading}\n`);
  const [, code] = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(section) ?? [];
  if (code === undefined) throw new Error(`docs/ci.md has no ${language} under ${heading}`);
  return code;
}

const able = runsWith('docker-registry', 'curl');
const dir = able ? mkdtempSync(join(tmpdir(), 'brine-ci-')) : '';
const master = join(dir, 'master');
const secret = 'a long random text';
const kinds = ['dockerhub', 'github', 'harbor', 'generic', 'git'] as const;
let registry: RegistryProcess;
let daemon: Daemon;
let local: Client;
let port: number;

describe.runIf(able)('docs/ci.md', () => {
  beforeAll(async () => {
    registry = await RegistryProcess.start();
    writeStates(`${registry.address}/team/api`);
    port = await freePort();
    const fleet = await freePort();
    await initMaster(
      {
        ...{ dir: master, states: join(dir, 'states'), api: `127.0.0.1:${port}` },
        ...{ listen: `127.0.0.1:${fleet}`, address: `master.example.com:${fleet}` },
      },
      makeIdentity,
    );
    const hooks = kinds.map((kind) => `  ${kind}: { kind: ${kind}, secret: "${secret}" }\n`);
    const config = join(master, 'master.yaml');
    const more = `registries: { poll: 24h }\nhooks:\n${hooks.join('')}`;
    writeFileSync(config, `${readFileSync(config, 'utf8')}${more}`);
    daemon = await startDaemon({ dir: master, log: pino({ level: 'silent' }) });
    local = openClient({ dir: master });
    // The shell's curl finds the master by the name that the page uses.
    writeFileSync(
      join(dir, '.curlrc'),
      `connect-to = "master.example.com:4506:127.0.0.1:${port}"\n`,
    );
    writeFileSync(join(dir, 'ca.pem'), readFileSync(join(master, 'ca.pem')));
  }, 60_000);
  afterAll(async () => {
    // Also where not all of it began.
    try {
      await daemon?.close();
    } finally {
      await registry?.close();
      rmSync(dir, { recursive: true });
    }
  });

  it('makes a release by plain curl, with a token for that image alone', async () => {
    const digest = await registry.push('team/api', '1.42.0');
    const code = codeUnder('curl', 'sh');
    const answer = await run(['sh', '-ec', code], { BRINE_TOKEN: await token('release:api') });
    expect(answer.release).toMatchObject({
      images: [{ name: 'api', tag: '1.42.0', digest }],
      origin: { kind: 'ci', commit: '3e1f0ab', url: 'https://ci.example.com/42' },
    });
    expect(answer.release?.origin.actor).toMatch(/^ci \(token [0-9a-f]{12}\)$/);
    const again = await run(['sh', '-ec', code], { BRINE_TOKEN: await token('release:a*') });
    expect([again.known, again.release?.id]).toEqual([true, answer.release?.id]);
    const other = await token('release:game', 'view', 'deploy:*');
    await expect(run(['sh', '-ec', code], { BRINE_TOKEN: other })).rejects.toThrow('403');
    await expect(run(['sh', '-ec', code], { BRINE_TOKEN: 'none' })).rejects.toThrow('401');
  });

  it('makes a release by the step for GitHub Actions', async () => {
    const sha = '9fceb02d0ae598e95dc970b74767f19372d61af8';
    await registry.push('team/api', sha);
    const [step] = parse(codeUnder('GitHub Actions', 'yaml')) as [{ run: string; env: object }];
    expect(Object.keys(step.env)).toEqual(['BRINE_TOKEN', 'BRINE_CA']);
    const BRINE_CA = readFileSync(join(master, 'ca.pem'), 'utf8');
    const env = { GITHUB_SHA: sha, BRINE_CA, BRINE_TOKEN: await token('release:api') };
    expect((await run(['bash', '-ec', step.run], env)).release).toMatchObject({
      ...{ images: [{ tag: sha }], origin: { commit: sha } },
    });
  });

  it('makes a release by the job for GitLab', async () => {
    await registry.push('team/api', '9fceb02d');
    const { release } = parse(codeUnder('GitLab', 'yaml')) as { release: { script: string[] } };
    const env = {
      ...{ CI_COMMIT_SHORT_SHA: '9fceb02d', CI_COMMIT_SHA: '9fceb02d0ae598e95dc970b74767f193' },
      ...{ CI_JOB_URL: 'https://gitlab.example.com/jobs/7', BRINE_CA: join(master, 'ca.pem') },
      BRINE_TOKEN: await token('release:api'),
    };
    const answer = await run(['sh', '-ec', release.script.join('\n')], env);
    expect(answer.release).toMatchObject({
      images: [{ tag: '9fceb02d' }],
      origin: { commit: env.CI_COMMIT_SHA, url: env.CI_JOB_URL },
    });
  });

  it('makes a release by the step for TeamCity, whose parameters stand in it', async () => {
    await registry.push('team/api', '1.43.7');
    const code = inTeamCity(codeUnder('TeamCity', 'sh'), '1.43.7');
    const here = code.replace('/etc/brine/ca.pem', join(master, 'ca.pem'));
    const answer = await run(['sh', '-ec', here], { BRINE_TOKEN: await token('release:api') });
    expect(answer.release).toMatchObject({
      images: [{ tag: '1.43.7' }],
      origin: { commit: '3e1f0ab', url: 'https://ci.example.com/build/42' },
    });
  });

  const payloads = (tag: string): readonly (readonly [string, string])[] => {
    const harbor = { repository: { repo_full_name: 'team/api' }, resources: [{ tag }] };
    const github = { name: 'api', namespace: 'team', package_version: {} };
    const hub = { push_data: { tag, pusher: 'ann' }, repository: { repo_name: 'team/api' } };
    return [
      ['dockerhub', JSON.stringify({ ...hub, callback_url: 'https://hub.example.com/1' })],
      ['github', JSON.stringify({ action: 'published', registry_package: github })],
      ['harbor', JSON.stringify({ type: 'PUSH_ARTIFACT', event_data: harbor })],
      ['generic', JSON.stringify({ repository: `${registry.address}/team/api`, tag })],
      ['generic', inTeamCity(codeUnder('TeamCity', 'json'), tag)],
    ];
  };

  it('hears of a push from every kind of hook that proves itself, and from no other', async () => {
    for (const [index, name] of payloads('')
      .map(([kind]) => kind)
      .entries()) {
      const tag = `2.${index}.0`;
      const digest = await registry.push('team/api', tag);
      const [, body = ''] = payloads(tag)[index] ?? [];
      expect([name, (await post(`${name}?secret=wrong`, body)).status]).toEqual([name, 403]);
      expect(await released(digest)).toBe(false);
      const sent = await post(`${name}?secret=${encodeURIComponent(secret)}`, body);
      expect(sent).toEqual({ status: 200, body: '{"looking":["api"]}' });
      await until(`${name} made a release`, () => released(digest));
    }
  }, 60_000);

  it('looks at the states once the git server tells of a push', async () => {
    const file = join(states, 'brine.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('prod:', 'gamma:'));
    git('mv', 'environments/prod.yaml', 'environments/gamma.yaml');
    git('commit', '--quiet', '-am', 'Another stage');
    const stages = async () =>
      (await local.get<{ stages: { environment: string }[] }>('/v1/pipeline')).stages.map(
        ({ environment }) => environment,
      );
    expect((await post('git?secret=wrong', '{}')).status).toBe(403);
    expect(await stages()).toEqual(['beta', 'prod']);
    expect((await post(`git?secret=${encodeURIComponent(secret)}`, '{}')).status).toBe(200);
    await until('it is seen', async () => (await stages()).includes('gamma'));
  });
});

const inTeamCity = (text: string, number: string): string =>
  text
    .replaceAll('%build.number%', number)
    .replaceAll('%build.vcs.number%', '3e1f0ab')
    .replaceAll('%teamcity.serverUrl%', 'https://ci.example.com')
    .replaceAll('%teamcity.build.id%', '42');

async function token(...scopes: readonly string[]): Promise<string> {
  const request = { scopes, hours: 1, actor: 'ann@desk' };
  return (await local.send<{ token: string }>('POST', '/v1/api-tokens', request)).token;
}

const released = async (digest: string): Promise<boolean> =>
  (await local.get<Routes['releases']>('/v1/releases')).releases.some(({ images }: ReleaseView) =>
    images.some((image) => image.digest === digest),
  );

/** As a build agent does: nothing of our own environment but the path. Throws what curl says. */
async function run(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ReleaseAnswer> {
  return JSON.parse(await output(command, env)) as ReleaseAnswer;
}

function output([command = '', ...args]: readonly string[], env = {}): Promise<string> {
  const { PATH } = process.env;
  const options = { cwd: dir, env: { ...env, PATH, CURL_HOME: dir } };
  return new Promise((resolve, reject) => {
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(stderr));
    });
  });
}

/** As a registry does, without a token. */
async function post(hook: string, body: string): Promise<{ status: number; body: string }> {
  const url = `https://master.example.com:4506/v1/hooks/${hook}`;
  const how = ['--silent', '--cacert', 'ca.pem', '--write-out', '\n%{http_code}', '-d', body];
  const said = await output(['curl', ...how, url]);
  const end = said.lastIndexOf('\n');
  return { status: Number(said.slice(end + 1)), body: said.slice(0, end) };
}

const states = join(dir, 'states');

const git = (...args: readonly string[]): unknown =>
  execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args], {
    cwd: states,
  });

/** The first stage waits for a host that there is not: releases are made all the same. */
function writeStates(repository: string): void {
  const files = {
    'brine.yaml': `project: starfall
images:
  api: { repository: ${repository}, track: { semver: ">=2.0.0" } }
pipeline:
  beta: {}
  prod: { after: beta }
`,
    'services/api.yaml': 'image: api\n',
    'environments/beta.yaml': 'hosts: zone=one\n',
    'environments/prod.yaml': 'hosts: zone=two\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(states, path)), { recursive: true });
    writeFileSync(join(states, path), text);
  }
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '-m', 'The states');
}
