import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDigest, parseRepository, parseTag, registryOf } from '../../states/image-name.ts';

describe('a repository', () => {
  it.each([
    ['registry.example.com:5000/a/b', 'registry.example.com:5000/a/b', 'registry.example.com:5000'],
    ['registry.example.com/api', 'registry.example.com/api', 'registry.example.com'],
    ['Registry.Example.com/api', 'registry.example.com/api', 'registry.example.com'],
    ['localhost/api', 'localhost/api', 'localhost'],
    ['localhost:5000/api', 'localhost:5000/api', 'localhost:5000'],
    ['[::1]:5000/api', '[::1]:5000/api', '[::1]:5000'],
    ['team/api', 'team/api', 'docker.io'],
    ['redis', 'redis', 'docker.io'],
    ['docker.io/library/redis', 'redis', 'docker.io'],
    ['docker.io/team/api', 'team/api', 'docker.io'],
    ['a__b/c-d--e.f', 'a__b/c-d--e.f', 'docker.io'],
  ])('%s is kept as %s, at %s', (text, value, registry) => {
    expect(parseRepository(text)).toEqual({ ok: true, value });
    expect(registryOf(value)).toBe(registry);
  });

  const how = 'write registry/name, like registry.example.com:5000/team/api';
  it.each([
    ['', 'the repository is empty', how],
    [
      'https://r.example.com/api',
      '"https://r.example.com/api" begins with a scheme',
      'leave https:// out',
    ],
    [
      'r.example.com/api:1.0',
      '"r.example.com/api:1.0" has a tag',
      'write r.example.com/api here, and the tag in versions/<environment>.yaml',
    ],
    [
      'redis:7',
      '"redis:7" has a tag',
      'write redis here, and the tag in versions/<environment>.yaml',
    ],
    [
      'api@sha256:0',
      '"api@sha256:0" has a digest',
      'write api here, and the digest in versions/<environment>.yaml',
    ],
    ['team/API', '"team/API" has capital letters', 'write it small: team/api'],
    ['r.example.com:5000', '"r.example.com:5000" is not the repository of an image', how],
    ['r.example.com/', '"r.example.com/" is not the repository of an image', how],
    ['a//b', '"a//b" is not the repository of an image', how],
    ['a/../b', '"a/../b" is not the repository of an image', how],
    ['-a/b', '"-a/b" is not the repository of an image', how],
    ['a b', '"a b" is not the repository of an image', how],
    ['r..x/api', '"r..x/api" has no registry in "r..x"', how],
    ['r.x:port/api', '"r.x:port/api" has no registry in "r.x:port"', how],
    ['r.x:99999/api', '"r.x:99999/api" has no registry in "r.x:99999"', how],
    ['a'.repeat(256), 'the repository is longer than 255 characters', how],
  ])('%s is none', (text, problem, hint) => {
    expect(parseRepository(text)).toEqual({ ok: false, problem, hint });
  });

  it('stays as it is when it is read again', () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    const host = fc.constantFrom('', 'docker.io/', 'r.example.com/', 'localhost:5000/');
    fc.assert(
      fc.property(host, fc.array(word, { minLength: 1, maxLength: 3 }), (registry, path) => {
        const once = parseRepository(`${registry}${path.join('/')}`);
        if (!once.ok) throw new Error(once.problem);
        expect(parseRepository(once.value)).toEqual(once);
      }),
    );
  });
});

describe('a digest', () => {
  const digits = '0123456789abcdef'.repeat(4);

  it('is sha256 and 64 digits', () => {
    const text = `sha256:${digits}`;
    expect(parseDigest(text)).toEqual({ ok: true, value: text });
  });

  const how = 'write sha256: and 64 hexadecimal digits, as the registry shows it';
  const shown = (text: string): string => JSON.stringify(`${text.slice(0, 59)}…`);
  it.each([
    ['', '"" is not a digest', how],
    ['sha256:2b1c', '"sha256:2b1c" has 4 digits of 64', how],
    ['sha256:xyz', '"sha256:xyz" is not a digest', how],
    ['sha512:ab', '"sha512:ab" is not a digest', how],
    [digits, `${shown(digits)} has no algorithm`, 'write sha256: before it'],
    [
      `sha256:${digits.toUpperCase()}`,
      `${shown(`sha256:${digits.toUpperCase()}`)} has capital letters`,
      'write its digits small',
    ],
    [`sha256:${digits}0`, `${shown(`sha256:${digits}`)} has 65 digits of 64`, how],
  ])('%s is none', (text, problem, hint) => {
    expect(parseDigest(text)).toEqual({ ok: false, problem, hint });
  });
});

describe('a tag', () => {
  it.each(['1.42.0', 'main-3e1f0ab', '_x', 'V1', 'a'.repeat(128)])('%s is one', (text) => {
    expect(parseTag(text)).toEqual({ ok: true, value: text });
  });

  const hint = 'write a tag as the registry has it, like "1.42.0" or main-3e1f0ab';
  it.each([
    ['', 'the tag is empty'],
    ['a'.repeat(129), 'the tag is longer than 128 characters'],
    ['.1', 'the tag ".1" begins with "."'],
    ['-1', 'the tag "-1" begins with "-"'],
    ['1 0', 'the tag "1 0" has " " in it'],
    ['api:1.0', 'the tag "api:1.0" has ":" in it'],
    ['1.0\n', 'the tag "1.0\\n" has "\\n" in it'],
    ['naïve', 'the tag "naïve" has "ï" in it'],
  ])('%s is none', (text, problem) => {
    expect(parseTag(text)).toEqual({ ok: false, problem, hint });
  });
});
