import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { good } from '../../states/sample.ts';
import { runMaster } from './answers.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brine-validate-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function write(texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(texts)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
}

const validate = (...args: string[]) => runMaster(['validate', dir, ...args]).done;

describe('master validate', () => {
  it('says what right states hold, and needs no master for it', async () => {
    await write(good);
    expect(await validate()).toMatchObject({
      code: 0,
      out: '✓ the states of starfall are right: 1 environment (beta), 1 service, 2 images\n',
      err: '',
    });
  });

  it('tells every mistake with its line, and how many there are', async () => {
    await write({
      ...good,
      'services/api.yaml': good['services/api.yaml'].replace('healthcheck', 'helthcheck'),
      'versions/beta.yaml': 'images: { api: { tag: 1.10 } }\n',
    });
    const { code, out, err } = await validate();
    expect([code, out]).toEqual([1, '']);
    expect(err).toBe(`services/api.yaml:5:1: unknown key \`helthcheck\` in a service
 5 | helthcheck: { http: /up }
   | ^^^^^^^^^^
    = did you mean \`healthcheck\`?

versions/beta.yaml:1:23: \`tag\` takes text, not the number 1.10
 1 | images: { api: { tag: 1.10 } }
   |                       ^^^^
    = quote it: "1.10"

error: 2 mistakes in 2 files [STATE_INVALID]
`);
  });

  it('tells what keeps one environment from being applied', async () => {
    await write({ ...good, 'environments/dev.yaml': 'hosts: ring=dev\nvars: { api_port: 1 }\n' });
    const { code, err } = await validate();
    expect(code).toBe(1);
    expect(err).toContain('environments/dev.yaml:1:1: dev has no versions\n');
  });

  it('warns of what a promotion is to bring', async () => {
    await write({
      ...good,
      'brine.yaml': `${good['brine.yaml']}pipeline: { beta: {}, prod: { after: beta } }\n`,
      'environments/prod.yaml': 'hosts: ring=prod\nvars: { api_port: 1 }\n',
      'versions/prod.yaml': 'images: {}\n',
    });
    const { code, out } = await validate();
    expect(code).toBe(0);
    expect(out).toMatch(
      /^warnings:\n\nservices\/api\.yaml:1:8: service api has no version in prod/,
    );
    expect(out).toMatch(/✓ the states of starfall are right: 2 environments \(beta, prod\), .*\n$/);
  });

  it('tells of two services that are sure to want one port of a host', async () => {
    await write({
      ...good,
      'services/game.yaml': 'image: game\nports: ["18080:9"]\ntargets: role=app\n',
    });
    const { code, err } = await validate();
    expect(code).toBe(1);
    expect(err).toContain('port 18080/tcp of every host with role=app is wanted twice');
  });

  it('answers in JSON with every place', async () => {
    await write({ ...good, 'services/api.yaml': 'image: apo\n' });
    const { code, out } = await validate('--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      warnings: [],
      diagnostics: [
        {
          file: 'services/api.yaml',
          line: 1,
          column: 8,
          length: 3,
          message: 'unknown image `apo`',
          hint: 'did you mean `api`?',
        },
      ],
    });
  });

  it('lets nothing in a file move the cursor', async () => {
    await write({ ...good, 'services/api.yaml': 'image: "\u001b[2J\\u001b[2J"\n' });
    const { err } = await validate();
    expect(err).toContain('services/api.yaml:1:8:');
    expect(err).not.toContain('\u001b');
  });

  it('reads no file outside the directory', async () => {
    await write(good);
    await symlink('/etc/passwd', join(dir, 'services/b.yaml'));
    const { code, err } = await validate();
    expect(code).toBe(1);
    expect(err).toContain('services/b.yaml:1:1: this link leads out of the repository\n');
  });

  it('finds nothing in an empty directory', async () => {
    const { code, err } = await validate();
    expect(code).toBe(1);
    expect(err).toContain('error: there are no states [SOURCE_MISSING]');
  });
});
