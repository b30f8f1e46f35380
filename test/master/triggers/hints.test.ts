import fc from 'fast-check';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hintsOf, hookKinds, imagesHinted } from '../../../master/triggers/hints.ts';
import { isProven } from '../../../master/triggers/hook-proof.ts';

describe('a hint of a push', () => {
  it('is read from the envelope of a registry, which tells pulls and layers too', () => {
    const target = { digest: 'sha256:1', repository: 'team/api', tag: '1.42.0' };
    const events = [
      { action: 'pull', target },
      { action: 'push', target },
      { action: 'push', target: { digest: 'sha256:2', repository: 'team/web' } },
    ];
    expect(hintsOf('distribution', { events })).toEqual([
      { repository: 'team/api', tag: '1.42.0' },
      { repository: 'team/web' },
    ]);
  });

  it('is read from Docker Hub, GitHub, Harbor and anybody', () => {
    const hub = { push_data: { tag: 'latest' }, repository: { repo_name: 'acme/api' } };
    expect(hintsOf('dockerhub', hub)).toEqual([{ repository: 'acme/api', tag: 'latest' }]);
    const version = { container_metadata: { tag: { name: 'main-1', digest: 'sha256:1' } } };
    const found = { name: 'api', namespace: 'Acme', package_version: version };
    const expected = [{ repository: 'acme/api', tag: 'main-1' }];
    expect(hintsOf('github', { action: 'published', package: found })).toEqual(expected);
    expect(hintsOf('github', { action: 'published', registry_package: found })).toEqual(expected);
    const data = {
      resources: [{ digest: 'sha256:1', tag: '2.0' }],
      repository: { repo_full_name: 'library/api' },
    };
    expect(hintsOf('harbor', { type: 'PUSH_ARTIFACT', event_data: data })).toEqual([
      { repository: 'library/api', tag: '2.0' },
    ]);
    expect(hintsOf('harbor', { type: 'DELETE_ARTIFACT', event_data: data })).toEqual([]);
    expect(hintsOf('generic', { repository: 'r.example.com/api' })).toEqual([
      { repository: 'r.example.com/api' },
    ]);
  });

  it('never holds anything that is not a name, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...hookKinds),
        fc.anything({ withNullPrototype: true }),
        (kind, body) => {
          for (const { repository, tag } of hintsOf(kind, body)) {
            expect(repository).toMatch(/^[a-zA-Z0-9._:/-]+$/);
            if (tag !== undefined) expect(tag).toMatch(/^[A-Za-z0-9_.-]+$/);
          }
        },
      ),
    );
    expect(hintsOf('generic', { repository: '-oops' })).toEqual([]);
    expect(hintsOf('generic', JSON.parse('{"__proto__": {"repository": "api"}}'))).toEqual([]);
  });

  it('is about the images of that name, at any registry where the sender names none', () => {
    const images = ['r1.example.com/team/api', 'r2.example.com/team/api', 'r1.example.com/api'].map(
      (repository) => ({ repository }),
    );
    expect(imagesHinted({ repository: 'team/api' }, images)).toEqual(images.slice(0, 2));
    expect(imagesHinted({ repository: 'r2.example.com/team/api' }, images)).toEqual([images[1]]);
    expect(imagesHinted({ repository: 'eam/api' }, images)).toEqual([]);
    expect(
      imagesHinted({ repository: 'library/web' }, [{ repository: 'docker.io/web' }]),
    ).toHaveLength(1);
  });
});

describe('who sent a hook', () => {
  const body = Buffer.from('{"a":1}');
  const sign = (secret: string): string =>
    `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const proven = (headers: Record<string, string>, secretInUrl?: string): boolean =>
    isProven({ headers, secretInUrl, body }, 'right');

  it('is proven by a signature, a header, or the address', () => {
    expect(proven({ 'x-hub-signature-256': sign('right') })).toBe(true);
    expect(proven({ 'x-brine-signature': sign('right') })).toBe(true);
    expect(proven({ authorization: 'Bearer right' })).toBe(true);
    expect(proven({ authorization: 'right' })).toBe(true);
    expect(proven({}, 'right')).toBe(true);
  });

  it('is not proven by anything else', () => {
    expect(proven({})).toBe(false);
    expect(proven({}, '')).toBe(false);
    expect(proven({ authorization: 'Bearer wrong' })).toBe(false);
    expect(proven({ 'x-hub-signature-256': sign('wrong') })).toBe(false);
    expect(proven({ 'x-hub-signature-256': '' }, 'right')).toBe(false);
    expect(proven({ 'x-hub-signature-256': sign('wrong'), authorization: 'right' })).toBe(false);
    const other = { headers: { 'x-hub-signature-256': sign('right') }, secretInUrl: undefined };
    expect(isProven({ ...other, body: Buffer.from('{"a":2}') }, 'right')).toBe(false);
  });
});
