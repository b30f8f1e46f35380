// Releases: what they hold, where they came from, and what became of them in every stage.

import type {
  ReleaseAnswer,
  ReleaseInStage,
  ReleaseView,
  StateInStage,
  TestOutputView,
} from '../../api/pipeline-contract.ts';
import { imageWords } from './heading.ts';
import type { Page } from './plan.ts';
import { phaseWords, testLines } from './promotion.ts';
import type { Style } from './style.ts';
import { table, type Cell } from './table.ts';
import { cut, harmless, plural, widthOf, wrap } from './text.ts';
import { ago, momentOf } from './time.ts';

export function releasesText(releases: readonly ReleaseView[], now: number, page: Page): string {
  if (releases.length === 0)
    return 'There is no release. Make one with: master release <image=tag>';
  const names = releases[0]?.stages.map(({ environment }) => environment) ?? [];
  const rows = releases.map((release) => [
    harmless(release.id),
    ago(release.createdAt, now),
    ...names.map((name) =>
      stageCell(
        release.stages.find(({ environment }) => environment === name),
        page.style,
      ),
    ),
    imageWords(release.images),
    harmless(release.origin.actor),
    builtWords(release),
  ]);
  const head = [
    ...['RELEASE', 'MADE'],
    ...names.map((name) => harmless(name).toUpperCase()),
    ...['IMAGES', 'BY', 'COMMIT'],
  ];
  return table({ head, rows }, page.width, page.style).join('\n');
}

export function releaseText(
  shown: { readonly release: ReleaseView; readonly outputs: readonly TestOutputView[] },
  now: number,
  page: Page,
): string {
  const { release, outputs } = shown;
  const { width, style } = page;
  const made = ` · ${ago(release.createdAt, now)} by ${release.origin.actor} (${release.origin.kind})`;
  const name = `release ${harmless(release.id)}`;
  return [
    style.bold(name) + cut(harmless(made), width - name.length),
    ...fact('commit', release.origin.commit, page),
    ...fact('message', release.origin.message, page),
    ...fact('build', release.origin.url, page),
    '',
    ...imageLines(release, page),
    ...release.stages.flatMap((stage) => ['', ...stageLines(stage, outputs, now, page)]),
  ].join('\n');
}

/** What `master release` says once the master has answered. */
export function madeText({ release, waitsFor, known }: ReleaseAnswer, page: Page): string {
  if (release === null) {
    const rest = waitsFor.map(harmless).join(', ');
    return wrap(
      `Taken. It becomes a release when the images that belong to it have arrived too: ${rest}.`,
      page.width,
    ).join('\n');
  }
  const id = harmless(release.id);
  const what = `Release ${id} of ${imageWords(release.images)}`;
  const said = known ? `${what} was there already: the digests are the same.` : `${what}.`;
  return [...wrap(said, page.width), `See where it gets with: master release show ${id}`].join(
    '\n',
  );
}

const signs: Readonly<Record<StateInStage, string>> = {
  runs: '●',
  verified: '✓',
  failed: '✗',
  'taken-back': '←',
  'under-way': '…',
  waiting: '–',
  left: '✓',
  none: '',
};

const paints: Readonly<Record<StateInStage, keyof Style>> = {
  runs: 'good',
  verified: 'good',
  failed: 'bad',
  'taken-back': 'warn',
  'under-way': 'busy',
  waiting: 'warn',
  left: 'dim',
  none: 'dim',
};

function stageCell(stage: ReleaseInStage | undefined, style: Style): Cell {
  if (stage === undefined || stage.state === 'none') return { text: '' };
  const who = stage.takenBackBy === null ? '' : ` by ${harmless(stage.takenBackBy)}`;
  const by = stage.state === 'taken-back' ? who : '';
  return {
    text: `${signs[stage.state]} ${phaseWords(stage.state)}${by}`,
    paint: style[paints[stage.state]],
  };
}

/** `3e1f0ab Raise the pool size`: of what was built, as far as whoever released it said so. */
function builtWords(release: ReleaseView): string {
  const subject = (release.origin.message ?? '').split('\n')[0] ?? '';
  return harmless(`${builtFrom(release)?.slice(0, 7) ?? ''} ${subject}`).trim();
}

/** The commit of the code, by whoever released it, else by its images. */
export const builtFrom = ({ origin, images }: ReleaseView): string | null =>
  origin.commit ?? images.find(({ commit }) => commit !== null)?.commit ?? null;

function imageLines({ images }: ReleaseView, page: Page): string[] {
  const rows = images.map((image) => [
    harmless(image.name),
    harmless(image.tag),
    harmless(image.commit?.slice(0, 7) ?? ''),
    harmless(image.digest.slice(0, 19)),
    harmless(image.repository),
  ]);
  const head = ['IMAGE', 'TAG', 'COMMIT', 'DIGEST', 'REPOSITORY'];
  return table({ head, rows, indent: '  ' }, page.width, page.style);
}

function stageLines(
  stage: ReleaseInStage,
  outputs: readonly TestOutputView[],
  now: number,
  page: Page,
): string[] {
  const { style, width } = page;
  const name = harmless(stage.environment);
  const cell = stageCell(stage, style);
  const word = cell.text === '' ? 'was never here' : cell.text;
  const when = stage.since === null ? '' : sinceWords(stage.state, stage.since, now);
  const unverified = stage.state === 'runs' && !stage.verified ? ', not verified' : '';
  const tail = cut(`${when}${unverified}`, Math.max(0, width - widthOf(`${name}  ${word}`)));
  const body = { style, width: width - 4 };
  return [
    `${style.bold(name)}  ${cell.paint?.(word) ?? word}${tail}`,
    ...promotionLines(stage, width - 4),
    ...stage.tests.flatMap((test) => testLines(test, body)),
    ...outputs
      .filter(({ environment }) => environment === stage.environment)
      .flatMap((output) => outputLines(output, body)),
  ].map((line, index) => (index === 0 ? line : `    ${line}`));
}

/** What goes on has a beginning; of everything else it is told when it happened. */
function sinceWords(state: StateInStage, at: number, now: number): string {
  const lasts = state === 'runs' || state === 'under-way' || state === 'waiting';
  return lasts ? ` since ${momentOf(at, now)}, ${ago(at, now)}` : `, ${ago(at, now)}`;
}

function promotionLines({ promotion, reason }: ReleaseInStage, width: number): string[] {
  if (promotion === null) return reason === null ? [] : wrap(harmless(reason), width);
  const { id, kind, actor, cause, phase, force, commit } = promotion;
  const past =
    force === null ? [] : [`past its gates, for: ${force.why} (${force.past.join('; ')})`];
  const by = commit === null ? '' : ` · states ${commit.slice(0, 7)}`;
  const words = `${id} ${kind} by ${actor} (${cause}): ${phaseWords(phase)}${by}`;
  return [words, ...past, ...(reason === null ? [] : [reason])].flatMap((text) =>
    wrap(harmless(text), width),
  );
}

const outputLinesShown = 12;

function outputLines({ test, host, tested }: TestOutputView, { style, width }: Page): string[] {
  const { head, tail, omittedLines } = tested.output;
  const lines = `${head}\n${tail}`.split('\n').filter((line) => line !== '');
  const shown = lines.slice(-outputLinesShown);
  const left = lines.length - shown.length + omittedLines;
  const before = left === 0 ? '' : `, ${plural(left, 'line')} before these`;
  return [
    cut(harmless(`what ${test} said on ${host}${before}`), width),
    ...shown.map((line) => `${style.dim('│')} ${cut(harmless(line), width - 2)}`),
  ];
}

const fact = (name: string, text: string | null, { width, style }: Page): string[] =>
  text === null
    ? []
    : text
        .trimEnd()
        .split('\n')
        .map((line, index) => {
          const label = style.dim((index === 0 ? name : '').padEnd(8));
          return `  ${label} ${cut(harmless(line), width - 11)}`.trimEnd();
        });
