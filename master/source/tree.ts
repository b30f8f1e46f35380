// A tree of a git repository with one file put in, made of objects alone: neither index nor working
// tree is touched.

import { git } from './git.ts';

interface Placing {
  /** Any name of a tree; undefined for an empty one. */
  readonly tree: string | undefined;
  /** Folders and then the file's own name. */
  readonly path: readonly string[];
  readonly blob: string;
}

/** The name of the new tree. */
export async function withFile(repository: string, placing: Placing): Promise<string> {
  const [name = '', ...below] = placing.path;
  const entries = placing.tree === undefined ? [] : await entriesOf(repository, placing.tree);
  const rest = entries.filter((entry) => entry.name !== name);
  const present = entries.find((entry) => entry.name === name);
  const made =
    below.length === 0
      ? { mode: '100644', type: 'blob', object: placing.blob, name }
      : {
          mode: '040000',
          type: 'tree',
          object: await withFile(repository, {
            tree: present?.type === 'tree' ? present.object : undefined,
            path: below,
            blob: placing.blob,
          }),
          name,
        };
  const input = [...rest, made].map(lineOf).join('');
  return (await git({ args: ['mktree', '-z'], cwd: repository, input })).toString().trim();
}

interface Entry {
  readonly mode: string;
  readonly type: string;
  readonly object: string;
  readonly name: string;
}

const lineOf = ({ mode, type, object, name }: Entry): string =>
  `${mode} ${type} ${object}\t${name}\0`;

async function entriesOf(repository: string, tree: string): Promise<readonly Entry[]> {
  const out = await git({ args: ['ls-tree', '-z', '--full-tree', tree], cwd: repository });
  return out
    .toString()
    .split('\0')
    .flatMap((line) => {
      const [, mode, type, object, name] = /^(\d{6}) (\w+) ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
      if (mode === undefined || type === undefined || object === undefined) return [];
      return name === undefined ? [] : [{ mode, type, object, name }];
    });
}
