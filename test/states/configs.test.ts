import { describe, expect, it } from 'vitest';
import { containerSpec } from '../../protocol/state-schema.ts';
import { differences } from '../../states/differences.ts';
import { specHash } from '../../states/hash.ts';
import type { ContainerSpec } from '../../states/model.ts';
import { good, hostOf, resolve, resolved, said, statesOf, type Texts } from './sample.ts';

const conf = '/etc/app.conf: { file: files/app.conf, template: true, mode: "0440", owner: "1000" }';
const api = (more: string): string => `${good['services/api.yaml']}${more}\n`;
const template = 'port = ${service.api.port}\nenv = ${env.name}\n';
const withConfig = (text = template, line = conf): Texts => ({
  'services/api.yaml': api(`configs: { ${line} }`),
  'files/app.conf': text,
});

function container(texts: Texts): ContainerSpec {
  const [made] = resolved(statesOf(texts)).hosts[0]?.state.containers ?? [];
  if (made === undefined) throw new Error('nothing runs');
  return made;
}

const text = ({ configs = [] }: ContainerSpec): string =>
  Buffer.from(configs[0]?.content ?? '', 'base64').toString();

describe('a config', () => {
  it('is the file, filled in, with mode and owner', () => {
    const made = container(withConfig());
    expect(text(made)).toBe('port = 18080\nenv = beta\n');
    expect(made.configs).toMatchObject([
      { target: '/etc/app.conf', mode: 0o440, user: 1000, group: 1000 },
    ]);
    expect(containerSpec.parse(made)).toEqual(made);
  });

  it('is taken as it is where it is no template', () => {
    const plain = container(withConfig(template, '/a: { file: files/app.conf }'));
    expect(text(plain)).toBe(template);
    expect(plain.configs).toMatchObject([{ mode: 0o444, user: 0, group: 0 }]);
  });

  it('may differ by host', () => {
    const states = statesOf(withConfig('${host.id}'));
    const answer = resolve(states, { inventory: [hostOf('web-1'), hostOf('web-2')] });
    if (!answer.ok) throw new Error('refused');
    const made = answer.environment.hosts.flatMap(({ state }) => state.containers.map(text));
    expect(made).toEqual(['web-1', 'web-2']);
  });

  it('that changed makes another container, and never shows what is in it', () => {
    const around = { project: 'starfall', environment: 'beta' as never, network: 'starfall-beta' };
    const [one, other] = [container(withConfig('key = abc')), container(withConfig('key = xyz'))];
    expect(specHash(one, around)).not.toBe(specHash(other, around));
    const [told, ...more] = differences(one, other);
    expect(more).toEqual([]);
    expect(told?.what).toBe('configs');
    expect(told?.to).toMatch(/^\/etc\/app\.conf \([0-9a-f]{8}, 0440 1000:1000\)$/);
    expect(specHash(container({}), around)).toBe(specHash({ ...container({}) }, around));
  });

  it('is wrong at the place in its own file', () => {
    expect(said(withConfig('one\n  x = ${vars.api_prot}\n'))).toContain(
      'files/app.conf:2:7: beta has no variable `api_prot`',
    );
  });

  it.each([
    ['/a: { file: files/none }', 'there is no files/none in the repository'],
    ['/a: { file: ../secret }', '"../secret" is not a file below files/'],
    ['/a: { file: files/../brine.yaml }', 'is not a file below files/'],
    ['a: { file: files/app.conf }', '"a" is not a path in the container'],
    ['/a: { file: files/app.conf, mode: "0999" }', '"0999" are no permissions'],
    ['/a: { file: files/app.conf, owner: root }', '"root" is not an owner'],
    ['/a: { file: files/app.conf, owner: "9999999" }', '"9999999" is not an owner'],
    [`/${'a'.repeat(101)}: { file: files/app.conf }`, 'at most 100 bytes'],
  ])('%s is refused: %s', (line, words) => {
    expect(said(withConfig(template, line))).toContain(words);
  });

  it('is refused where it is too large, or could not be seen', () => {
    expect(said(withConfig('x'.repeat(262_145), '/a: { file: files/app.conf }'))).toContain(
      'files/app.conf has 262145 bytes; at most 262144',
    );
    const inside = withConfig(template, '/data/a: { file: files/app.conf }');
    const more = `${inside['services/api.yaml'] as string}volumes: ["data:/data"]\n`;
    expect(said({ ...inside, 'services/api.yaml': more })).toContain(
      '/data is mounted over /data/a',
    );
    const readOnly = `${withConfig()['services/api.yaml'] as string}read_only: true\n`;
    expect(said({ ...withConfig(), 'services/api.yaml': readOnly })).toContain(
      'Docker puts no files into a container whose root is read-only',
    );
  });
});

describe('env files', () => {
  const withEnv = (env: string): Texts => ({
    'services/api.yaml': api('env_file: [files/common.env, files/api.env]'),
    'files/common.env': '# for all\nNODE_ENV=development\nA=1\nB=1\n',
    'files/api.env': env,
  });

  it('are weaker than `env`, and the later is stronger; nothing in them is resolved', () => {
    expect(container(withEnv('B=2=2\r\n\nC=${vars.x} "q"')).env).toEqual({
      ...{ NODE_ENV: 'production', A: '1', B: '2=2', C: '${vars.x} "q"' },
    });
  });

  it('are wrong at their own lines, which are not repeated', () => {
    const words = said(withEnv('A=1\nsecret\n1B=2\n'));
    expect(words).toContain('files/api.env:2:1: this line is not NAME=value');
    expect(words).toContain('files/api.env:3:1: "1B" is not the name of an environment variable');
  });

  it('must be there', () => {
    expect(said({ 'services/api.yaml': api('env_file: [files/gone.env]') })).toContain(
      'services/api.yaml:6:12: there is no files/gone.env in the repository',
    );
  });
});
