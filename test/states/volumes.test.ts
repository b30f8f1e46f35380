import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseVolume } from '../../states/volumes.ts';

describe('a volume', () => {
  it.each([
    ['cache:/cache', 'volume', 'cache', '/cache', false],
    ['cache:/cache:ro', 'volume', 'cache', '/cache', true],
    ['cache:/cache:rw', 'volume', 'cache', '/cache', false],
    ['/srv/x:/x:ro', 'bind', '/srv/x', '/x', true],
    ['/srv//x/:/x/', 'bind', '/srv/x', '/x', false],
    ['/:/host', 'bind', '/', '/host', false],
  ])('%s is read', (text, type, source, target, readOnly) => {
    expect(parseVolume(text)).toEqual({ ok: true, value: { type, source, target, readOnly } });
  });

  const how = 'write name:/path for a volume or /host/path:/path for a bind, with :ro to read only';
  it.each([
    ['', '"" is not a volume', how],
    ['cache', '"cache" is not a volume', how],
    ['a:/b:ro:c', '"a:/b:ro:c" is not a volume', how],
    ['/cache', '"/cache" names no volume', 'write a name before it, like data:/cache'],
    ['cache:/cache:z', '"cache:/cache:z" has an unknown mode, "z"', 'ro or rw'],
    [':/cache', '":/cache" has nothing before the colon', how],
    ['./x:/x', '"./x:/x" has a path of the host that is not absolute', how],
    ['~/x:/x', '"~/x:/x" has a path of the host that is not absolute', how],
    ['a/b:/x', '"a/b:/x" has a path of the host that is not absolute', how],
    ['/srv/../etc:/x', '"/srv/../etc:/x" has ".." in the path of the host', how],
    ['cache:x', '"cache:x" has a path in the container that is not absolute', how],
    ['cache:', '"cache:" has a path in the container that is not absolute', how],
    ['cache:/a/../b', '"cache:/a/../b" has ".." in the path in the container', how],
    ['cache:/', '"cache:/" would cover the whole container', how],
    ['cache://', '"cache://" would cover the whole container', how],
    [
      'my_cache:/x',
      '"my_cache:/x" has no name of a volume in "my_cache": 1 to 40 of a-z, 0-9 and -',
      how,
    ],
  ])('%s is none', (text, problem, hint) => {
    expect(parseVolume(text)).toEqual({ ok: false, problem, hint });
  });

  it('never makes its parser throw, and never climbs', () => {
    const parts = fc.constantFrom('/', '..', '.', ':', 'a', 'ro', '~');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 12 }), (words) => {
        const parsed = parseVolume(words.join(''));
        if (!parsed.ok) return;
        const { source, target } = parsed.value;
        expect(`${source}/${target}`.split('/')).not.toContain('..');
      }),
    );
  });
});
