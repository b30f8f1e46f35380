// What the API asks about releases and the pipeline: commands become its events, its records become
// views, and tags become digests at the registry at that moment.

import type { World } from '../../protocol/world.ts';
import { Fault, fault } from '../../states/faults.ts';
import type { PinnedImage } from '../../states/model.ts';
import type { States } from '../../states/states.ts';
import { insecureRegistries } from '../../states/wanted.ts';
import type { ReleaseAnswer, ReleaseRequest, ReleaseView } from '../api/pipeline-contract.ts';
import type { Services } from '../api/services.ts';
import { liveStage, promotionOf } from '../pipeline/change.ts';
import type { PipelineDriver } from '../pipeline/driver.ts';
import {
  parsePromotionId,
  promotion as promotionRecord,
  type Pipeline,
  type Promotion,
  type Release,
} from '../pipeline/record.ts';
import { composeRelease } from '../pipeline/releases.ts';
import { pipelineKeys } from '../pipeline/stored.ts';
import { resolveDigest } from '../registry.ts';
import { describeImage } from '../registry/catalog.ts';
import { parseRepository } from '../registry/place.ts';
import type { Store } from '../store/store.ts';
import {
  explainView,
  pipelineView,
  promotionView,
  releaseView,
  stageView,
} from '../views/pipeline.ts';
import { withPending, type PendingOptions } from './pending.ts';

interface PipelineServicesOptions extends PendingOptions {
  readonly pipeline: PipelineDriver;
  readonly eventlog: { readonly newest: number };
  readonly world: World;
  /** Reads the states anew, so that what they say by now counts. */
  readonly look: () => Promise<void>;
}

type Questions = 'pipeline' | 'releases' | 'release' | 'explain' | 'promotion' | 'promotions';
type Commands = 'createRelease' | 'stage' | 'freeze' | 'unfreeze';

/** Of those looked through for what became of a release. */
const promotionsMax = 2_000;
const historyMax = 50;

export function pipelineServices(
  options: PipelineServicesOptions,
): Pick<Services, Questions | Commands> {
  return { ...questions(options), ...commands(options) };
}

function questions(options: PipelineServicesOptions): Pick<Services, Questions> {
  const { pipeline: driver, store, world } = options;
  return {
    pipeline: async () => {
      const { pipeline } = driver;
      const view = pipelineView(pipeline, world.now());
      const stages = view.stages.map((stage) => withPending(options, pipeline, stage));
      return { ...view, stages: await Promise.all(stages) };
    },
    releases: () =>
      releaseViews(
        options,
        Object.values(driver.pipeline.releases).sort((one, two) => two.order - one.order),
      ),
    release: async (id) => {
      const release = Object.values(driver.pipeline.releases).find((each) => each.id === id);
      const [view] = release === undefined ? [] : await releaseViews(options, [release]);
      if (view === undefined) throw fault('UNKNOWN_NAME', `there is no release ${id}`);
      return view;
    },
    explain: (environment) => {
      if (liveStage(driver.pipeline, environment) === undefined) throw noStage(environment);
      return Promise.resolve(explainView(driver.pipeline, environment, world.now()));
    },
    promotion: async (raw) => {
      const id = parsePromotionId(raw);
      const entry = id === undefined ? undefined : await store.get(pipelineKeys.promotion(id));
      if (entry === undefined) throw fault('UNKNOWN_NAME', `there is no promotion ${raw}`);
      return promotionView(promotionRecord.parse(entry.value));
    },
    promotions: async (environment) => {
      const newest = await newestPromotions(store);
      const own = newest.filter((each) => each.environment === environment);
      return own.slice(0, historyMax).map(promotionView);
    },
  };
}

function commands(options: PipelineServicesOptions): Pick<Services, Commands> {
  const { pipeline: driver, eventlog, world } = options;
  return {
    createRelease: (request) => createRelease(options, request),
    stage: async (command) => {
      const { environment } = command;
      const since = eventlog.newest;
      const { before, after } = await driver.command(command);
      const stage = stageView(after, environment, world.now());
      if (stage === undefined) throw noStage(environment);
      const begun = promotionOf(after, `p${before.next.promotion}`);
      const about = begun?.environment === environment ? promotionView(begun) : null;
      const quiet = command.type === 'hold' || command.type === 'resume';
      const promotion = quiet ? null : (about ?? stage.active ?? stage.waiting ?? stage.last);
      return { stage: await withPending(options, after, stage), promotion, since };
    },
    freeze: async ({ environments = [], message, minutes, actor }) => {
      const named = driver.pipeline.definition.stages
        .map(({ environment }) => environment)
        .filter((name) => environments.includes(name));
      const stranger = environments.find((name) => !(named as readonly string[]).includes(name));
      if (stranger !== undefined) throw noStage(stranger);
      const until = minutes === undefined ? null : world.now() + minutes * 60_000;
      const { after } = await driver.command({
        ...{ type: 'freeze', environments: named, message, until, actor },
      });
      const made = after.freezes.at(-1);
      if (made === undefined) throw new Error('a freeze that is not there');
      return made;
    },
    unfreeze: async (id, actor) => {
      await driver.command({ type: 'unfreeze', freeze: id, actor });
    },
  };
}

async function createRelease(
  options: PipelineServicesOptions,
  request: ReleaseRequest,
): Promise<ReleaseAnswer> {
  const { pipeline: driver, eventlog } = options;
  await lookIfPossible(options);
  const { images, commit, url, message } = await pinned(options, request);
  const since = eventlog.newest;
  const { before, after } = await driver.command({
    ...{ type: 'images', images, alone: request.alone ?? false },
    origin: {
      ...{ kind: 'ci', actor: request.actor, message: request.message ?? message },
      ...{ commit: request.commit ?? commit, url: request.url ?? url },
    },
  });
  const made = releaseOfImages(after, images);
  if (made === undefined) return { release: null, waitsFor: missing(after), known: false, since };
  const [release = null] = await releaseViews(options, [made]);
  return { release, waitsFor: [], known: Object.hasOwn(before.releases, made.id), since };
}

async function releaseViews(
  { pipeline: driver, store }: PipelineServicesOptions,
  releases: readonly Release[],
): Promise<readonly ReleaseView[]> {
  const promotions = await newestPromotions(store);
  return releases.map((release) => releaseView(driver.pipeline, release, promotions));
}

const noStage = (environment: string): Error =>
  fault('UNKNOWN_NAME', `the pipeline has no stage ${environment}`);

/** A repository that cannot be reached keeps nobody from releasing. */
async function lookIfPossible({ look }: PipelineServicesOptions): Promise<void> {
  await look().catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
  });
}

async function newestPromotions(store: Store): Promise<readonly Promotion[]> {
  const entries = await store.range(pipelineKeys.promotions, {
    ...{ reverse: true, limit: promotionsMax },
  });
  return entries.map(({ value }) => promotionRecord.parse(value));
}

interface Pinned {
  readonly images: readonly PinnedImage[];
  readonly commit: string | null;
  readonly url: string | null;
  readonly message: string | null;
}

async function pinned(options: PipelineServicesOptions, request: ReleaseRequest): Promise<Pinned> {
  const { states } = await options.states.newest();
  if (states.pipeline.size === 0) {
    throw fault('PROMOTION_NONE', 'brine.yaml has no pipeline that a release could go through');
  }
  const insecure = new Set(insecureRegistries(states));
  const found = await Promise.all(
    Object.entries(request.images).map(async ([name, tag]) => {
      const repository = repositoryOf(states, name);
      const { registry } = parseRepository(repository, false);
      const about = { repository, insecure: insecure.has(registry) };
      const digest = await resolveDigest({ ...about, tag });
      const { commit, source, subject } = await describeImage({ ...about, digest });
      const image = { name, repository, tag, digest, ...(commit !== undefined && { commit }) };
      return { image, source, subject };
    }),
  );
  return {
    images: found.map(({ image }) => image),
    commit: found.find(({ image }) => image.commit !== undefined)?.image.commit ?? null,
    url: found.find(({ source }) => source !== undefined)?.source ?? null,
    message: found.find(({ subject }) => subject !== undefined)?.subject ?? null,
  };
}

function repositoryOf({ images }: States, name: string): string {
  const repository = images.get(name)?.repository;
  if (repository === undefined) throw fault('UNKNOWN_NAME', `brine.yaml has no image ${name}`);
  return repository;
}

/** Undefined while one of them still waits for others. */
function releaseOfImages(pipeline: Pipeline, images: readonly PinnedImage[]): Release | undefined {
  if (images.some(({ name }) => Object.hasOwn(pipeline.arrivals, name))) return undefined;
  return Object.values(pipeline.releases)
    .sort((one, two) => two.order - one.order)
    .find((release) =>
      images.every(({ name, digest }) =>
        release.images.some((each) => each.name === name && each.digest === digest),
      ),
    );
}

function missing(pipeline: Pipeline): readonly string[] {
  const composed = composeRelease(pipeline);
  return 'waitsFor' in composed ? composed.waitsFor : [];
}
