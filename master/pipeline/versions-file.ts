// The text of versions/<env>.yaml as the master writes it, and the message of the commit. Pure: the
// same release is the same text, so that a commit made twice changes nothing.

import type { PinnedImage } from '../../states/model.ts';
import type { CommitVersions } from './effects.ts';

export const versionsPath = (environment: string): string => `versions/${environment}.yaml`;

export function versionsText({
  release,
  images,
}: Pick<CommitVersions, 'release' | 'images'>): string {
  return [
    '# Written by Brine, one commit for each promotion and rollback. To go back, `git revert` one of them.',
    `release: "${release}"`,
    'images:',
    ...images.map(imageLine),
    '',
  ].join('\n');
}

function imageLine({ name, tag, digest, commit }: PinnedImage): string {
  const built = commit === undefined ? '' : `, commit: ${JSON.stringify(commit)}`;
  return `  ${name}: { tag: ${JSON.stringify(tag)}, digest: "${digest}"${built} }`;
}

const verbs = {
  promotion: 'Promote',
  forced: 'Force',
  rollback: 'Roll back',
  restore: 'Write down',
} as const;

/** `key`: what names this commit for ever. */
export function commitMessage(effect: CommitVersions, key: string): string {
  const { kind, environment, release, images, actor, cause, why } = effect;
  const subject =
    kind === 'rollback'
      ? `Roll ${environment} back to ${release}`
      : `${verbs[kind]} ${release} ${kind === 'restore' ? 'as what runs in' : 'to'} ${environment}`;
  const body = images.map(({ name, tag }) => `${name} ${tag}`).join('\n');
  const reason = why === null || why === '' ? [] : ['', oneLine(why)];
  return [
    ...[subject, '', body, ...reason, ''],
    `Brine-Promotion: ${key}`,
    `Brine-Release: ${release}`,
    `Brine-Cause: ${oneLine(cause)}`,
    `Brine-Actor: ${oneLine(actor)}`,
    '',
  ].join('\n');
}

/** What comes from outside must not make trailers of its own. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim().slice(0, 500);
