// Who changed a file last, and how: whether it was the master itself, a person, or a person who took
// back what the master wrote.

import { git } from './git.ts';

export interface Changed {
  readonly commit: string;
  /** `Ann <ann@example.com>`. */
  readonly author: string;
  /** It carries the master's own trailer. */
  readonly ours: boolean;
  /** It says that it reverts a commit that carries it. */
  readonly revertsOurs: boolean;
}

export async function lastChange(
  repository: string,
  { path, commit }: { readonly path: string; readonly commit: string },
): Promise<Changed | undefined> {
  const found = await describe(repository, ['-1', commit, '--', `:(top,literal)${path}`]);
  if (found === undefined) return undefined;
  const { name, author, trailers, body } = found;
  const [, reverted] = /^This reverts commit ([0-9a-f]{7,64})/m.exec(body) ?? [];
  const taken =
    reverted === undefined
      ? undefined
      : await describe(repository, ['-1', reverted, '--']).catch(() => undefined);
  const ours = trailers !== '' && reverted === undefined;
  return { commit: name, author, ours, revertsOurs: (taken?.trailers ?? '') !== '' };
}

const format = '%H%x00%an <%ae>%x00%(trailers:key=Brine-Promotion,valueonly)%x00%B';

async function describe(repository: string, which: readonly string[]) {
  const out = await git({ args: ['log', `--format=${format}`, ...which], cwd: repository });
  const [name = '', author = '', trailers = '', ...body] = out.toString().trim().split('\0');
  if (name === '') return undefined;
  return { name, author, trailers: trailers.trim(), body: body.join('\0') };
}
