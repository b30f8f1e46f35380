// What registries and builds say when something was pushed, in their own formats. Each is only a hint
// to look: nothing in it is believed but which repository to ask.

export interface Hint {
  /** With or without the registry's own host, as the sender writes it. */
  readonly repository: string;
  readonly tag?: string;
}

export const hookKinds = [
  'distribution',
  'dockerhub',
  'github',
  'harbor',
  'generic',
  'git',
] as const;
/** `git` tells of a push to the states; all others of one to a registry. */
export type HookKind = (typeof hookKinds)[number];

const hintsMax = 100;

/** Hints of pushes; an empty list for anything else that the sender may tell, however it looks. */
export function hintsOf(kind: HookKind, body: unknown): readonly Hint[] {
  return readers[kind](body).slice(0, hintsMax);
}

const readers: Readonly<Record<HookKind, (body: unknown) => readonly Hint[]>> = {
  // CNCF Distribution and Debian's docker-registry: an envelope of events.
  distribution: (body) =>
    list(at(body, 'events'))
      .filter((event) => at(event, 'action') === 'push')
      .flatMap((event) => hint(at(event, 'target', 'repository'), at(event, 'target', 'tag'))),
  dockerhub: (body) => hint(at(body, 'repository', 'repo_name'), at(body, 'push_data', 'tag')),
  github: (body) => {
    const found = at(body, 'package') ?? at(body, 'registry_package');
    const name = at(found, 'name');
    const namespace = at(found, 'namespace') ?? at(found, 'owner', 'login');
    const tag = at(found, 'package_version', 'container_metadata', 'tag', 'name');
    if (typeof name !== 'string' || typeof namespace !== 'string') return [];
    return hint(`${namespace}/${name}`.toLowerCase(), tag);
  },
  harbor: (body) => {
    if (at(body, 'type') !== 'PUSH_ARTIFACT') return [];
    const name = at(body, 'event_data', 'repository', 'repo_full_name');
    const tags = list(at(body, 'event_data', 'resources')).map((resource) => at(resource, 'tag'));
    return (tags.length === 0 ? [undefined] : tags).flatMap((tag) => hint(name, tag));
  },
  git: () => [],
  generic: (body) => hint(at(body, 'repository'), at(body, 'tag')),
};

function hint(repository: unknown, tag: unknown): readonly Hint[] {
  if (typeof repository !== 'string' || !repositoryPattern.test(repository)) return [];
  const named = typeof tag === 'string' && tagPattern.test(tag);
  return [named ? { repository, tag } : { repository }];
}

const repositoryPattern = /^[a-z0-9][a-zA-Z0-9._:/-]{0,254}$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** Own properties only: what comes from outside may be called anything. */
function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null && Object.hasOwn(inside, key)
        ? (inside as Record<string, unknown>)[key]
        : undefined,
    value,
  );
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The images a hint is about; a sender that does not name its host means every one of that name. */
export function imagesHinted<T extends { readonly repository: string }>(
  { repository }: Hint,
  images: readonly T[],
): readonly T[] {
  const sought = withoutDockerHub(repository);
  return images.filter((image) => {
    const own = withoutDockerHub(image.repository);
    return own === sought || own.endsWith(`/${sought}`);
  });
}

const withoutDockerHub = (repository: string): string =>
  repository.replace(/^(?:docker\.io|index\.docker\.io)\//, '').replace(/^library\//, '');
