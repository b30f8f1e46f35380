// A commit that changes one file, made by one run of git: neither index nor working tree is touched, and
// no branch is moved. Whoever made it puts it in place.

import { git } from './git.ts';

interface NewCommit {
  readonly parent: string;
  /** From the top of the repository. */
  readonly path: string;
  readonly text: string;
  readonly message: string;
  readonly at: number;
}

/** A place to build at, which is gone again by the end of the run. */
const scratch = 'refs/brine/scratch';

/** The name of the new commit. */
export async function makeCommit(repository: string, made: NewCommit): Promise<string> {
  const { parent, path, text, message, at } = made;
  const input = [
    `commit ${scratch}`,
    'mark :1',
    `committer Brine <brine@localhost> ${Math.floor(at / 1_000)} +0000`,
    data(message),
    `from ${parent}`,
    `M 100644 inline ${quoted(path)}`,
    data(text),
    `reset ${scratch}`,
    `from ${'0'.repeat(parent.length)}`,
    '',
    'get-mark :1',
    'done',
    '',
  ].join('\n');
  const args = ['fast-import', '--quiet', '--done', '--date-format=raw'];
  return (await git({ args, cwd: repository, input })).toString().trim();
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;

const quoted = (path: string): string =>
  `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
