// `master release`, `master release show`, `master releases`: what CI gave, and where it got to.

import type { Routes } from '../../api/contract.ts';
import type {
  ReleaseAnswer,
  ReleaseInStage,
  ReleaseRequest,
  ReleaseView,
  TestOutputView,
} from '../../api/pipeline-contract.ts';
import { Fault, fault } from '../../../states/faults.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { madeText, releasesText, releaseText } from '../render/releases.ts';
import { wholeNumber } from './hosts.ts';

export interface ReleaseOptions {
  readonly commit?: string;
  readonly buildUrl?: string;
  readonly message?: string;
  readonly alone?: boolean;
}

export interface ReleasesOptions {
  readonly commit?: string;
  readonly image?: string;
  readonly env?: string;
  readonly lines: string;
}

export async function release(
  context: Context,
  images: readonly string[],
  { commit, buildUrl, message, alone }: ReleaseOptions,
): Promise<number> {
  const body: ReleaseRequest = {
    images: imagesOf(images),
    actor: context.actor,
    ...(commit === undefined ? {} : { commit }),
    ...(buildUrl === undefined ? {} : { url: buildUrl }),
    ...(message === undefined ? {} : { message }),
    ...(alone === undefined ? {} : { alone }),
  };
  const answer = await context.client.send<ReleaseAnswer>('POST', '/v1/releases', body);
  show(context, answer, (page) => madeText(answer, page));
  return exits.converged;
}

export async function releases(context: Context, options: ReleasesOptions): Promise<number> {
  const most = wholeNumber(options.lines, '--lines');
  const answer = await context.client.get<Routes['releases']>('/v1/releases');
  const { commit, image, env } = options;
  const shown = answer.releases
    .filter((each) => commit === undefined || isBuiltFrom(each, commit))
    .filter((each) => image === undefined || holds(each, image))
    .filter((each) => env === undefined || wasIn(each, env))
    .slice(0, most);
  if (shown.length === 0 && (commit ?? image ?? env) !== undefined) {
    throw fault('UNKNOWN_NAME', 'no release is like that');
  }
  const now = context.world.now();
  show(context, { releases: shown }, (page) => releasesText(shown, now, page));
  return exits.converged;
}

export async function showRelease(context: Context, id: string): Promise<number> {
  const view = await context.client.get<ReleaseView>(`/v1/releases/${encodeURIComponent(id)}`);
  const outputs = (await Promise.all(view.stages.map((stage) => outputsOf(context, stage)))).flat();
  const now = context.world.now();
  show(context, { ...view, outputs }, (page) => releaseText({ release: view, outputs }, now, page));
  return exits.converged;
}

/** `api=1.42.0`; an image is named once. */
export function imagesOf(words: readonly string[]): Record<string, string> {
  const images = new Map<string, string>();
  for (const word of words) {
    const [, name, tag] = /^([^=]+)=(.+)$/.exec(word) ?? [];
    if (name === undefined || tag === undefined) {
      throw fault('BAD_USAGE', `an image and its tag are given like api=1.42.0, not ${word}`);
    }
    if (images.has(name)) throw fault('BAD_USAGE', `${name} is given twice`);
    images.set(name, tag);
  }
  return Object.fromEntries(images);
}

function isBuiltFrom({ origin, images }: ReleaseView, commit: string): boolean {
  const built = [origin.commit, ...images.map((image) => image.commit)];
  return built.some((each) => each?.startsWith(commit.toLowerCase()) === true);
}

/** By its tag, alone or of one image (`api=1.42.0`, `…/api:1.42.0`), or by how its digest begins. */
function holds({ images }: ReleaseView, sought: string): boolean {
  const digest = /(?:^|@)(sha256:[0-9a-f]{7,64})$/.exec(sought)?.[1];
  return images.some((image) => {
    if (digest !== undefined) return image.digest.startsWith(digest);
    const { name, tag, repository } = image;
    return [tag, `${name}=${tag}`, `${repository}:${tag}`].includes(sought);
  });
}

const wasIn = ({ stages }: ReleaseView, name: string): boolean =>
  stages.some(({ environment, state }) => environment === name && state !== 'none');

/** What the tests said that did not pass, as far as it is kept. */
async function outputsOf(
  { client }: Context,
  { tests }: ReleaseInStage,
): Promise<readonly TestOutputView[]> {
  const failed = tests.filter(({ verdict }) => verdict !== null && verdict !== 'passed');
  const paths = failed.flatMap(({ evidence }) => evidence?.output ?? []);
  try {
    const answers = await Promise.all(paths.map((path) => client.get<Routes['output']>(path)));
    return answers
      .flatMap(({ outputs }) => outputs)
      .filter(({ tested }) => tested.verdict !== 'passed');
  } catch (error) {
    if (error instanceof Fault && error.data.code === 'UNKNOWN_NAME') return [];
    throw error;
  }
}
