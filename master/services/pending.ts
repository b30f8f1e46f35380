// What the states ask of an environment and its hosts were not asked for yet: another version, a
// changed variable, a host that came or left, or an environment that is gone. It is rolled out by
// `master apply`, or of a stage with its next release. By the states that were read last.

import type { EnvironmentName } from '../../states/ids.ts';
import type { HostState, ResolvedEnvironment } from '../../states/model.ts';
import { specHash } from '../../states/hash.ts';
import { pinnedTo } from '../../states/pinned.ts';
import { resolveEnvironment } from '../../states/resolve.ts';
import type { States } from '../../states/states.ts';
import { wantedVersions } from '../../states/wanted.ts';
import type { PendingView } from '../api/contract.ts';
import type { StageView } from '../api/pipeline-contract.ts';
import type { HostBook } from '../hosts.ts';
import { liveStage, releaseOf } from '../pipeline/change.ts';
import type { Pipeline } from '../pipeline/record.ts';
import { hostsAsked, readDesired } from '../rollout/keys.ts';
import type { DesiredRecord } from '../rollout/record.ts';
import type { Store } from '../store/store.ts';
import { plural } from '../words.ts';
import type { LoadedStates, StatesReader } from './states.ts';

export interface PendingOptions {
  readonly store: Store;
  readonly hosts: HostBook;
  readonly states: StatesReader;
}

/** Null where there is nothing, or nothing is known of the states. */
export async function pendingOf(
  options: PendingOptions,
  pipeline: Pipeline,
  environment: string,
  desired?: Desired,
): Promise<PendingView | null> {
  const read = options.states.last;
  if (read === undefined) return null;
  const known = desired ?? (await allDesired(options.store, environment));
  const asked = new Map([...known].map(([host, { state }]) => [host, state]));
  if (!read.states.environments.has(environment as EnvironmentName)) {
    const left = [...asked].filter(([, { containers }]) => containers.length > 0);
    return left.length === 0 ? null : view('removed', read, { hosts: left.map(([host]) => host) });
  }
  const states = inStage(read.states, pipeline, environment);
  if (states === undefined) return null;
  const inventory = await options.hosts.inventory();
  const digests = knownDigests(states, environment, asked);
  const { commit } = read;
  const resolved = resolveEnvironment(states, { environment, inventory, digests, commit });
  if (!resolved.ok) {
    const [first] = resolved.diagnostics;
    const problem = first === undefined ? null : `${first.file}:${first.line}: ${first.message}`;
    return view('invalid', read, { hosts: [], problem });
  }
  const hosts = differing(resolved.environment, asked);
  if (hosts.length === 0) return null;
  const images = resolved.environment.images.map(({ name, tag }) => ({ name, tag }));
  return view('changed', read, { hosts, images });
}

type Desired = ReadonlyMap<string, DesiredRecord>;

/** What each host of the environment was asked to run last. */
export async function allDesired(store: Store, environment: string): Promise<Desired> {
  const names = await hostsAsked(store, environment);
  const found = await Promise.all(
    names.map(async (name) => {
      const { value } = await readDesired(store, environment, name);
      return value === undefined ? [] : ([[name, value]] as const);
    }),
  );
  return new Map(found.flat());
}

/** A stage runs the release that entered it; undefined while another one enters, or none has. */
function inStage(states: States, pipeline: Pipeline, environment: string): States | undefined {
  const stage = liveStage(pipeline, environment)?.stage;
  if (stage === undefined) return states;
  const release = releaseOf(pipeline, stage.current?.release ?? '');
  if (stage.active !== null || release === undefined) return undefined;
  const { id, images } = release;
  return pinnedTo(states, { environment: stage.environment, release: id, images });
}

/** No digest at all: it is none that any host runs. */
const notRunYet = `sha256:${'0'.repeat(64)}`;

/** A tag without a digest is taken for the bytes that hosts run by it; the registry is not asked. */
function knownDigests(
  states: States,
  environment: string,
  asked: ReadonlyMap<string, HostState>,
): ReadonlyMap<string, string> {
  const run = new Map(
    [...asked.values()].flatMap(({ containers }) =>
      containers.map(({ image }) => [`${image.repository}:${image.tag}`, image.digest] as const),
    ),
  );
  return new Map(
    wantedVersions(states, environment)
      .filter(({ digest }) => digest === undefined)
      .map(({ name, repository, tag }) => [name, run.get(`${repository}:${tag}`) ?? notRunYet]),
  );
}

/** By what makes a new container necessary, as a plan does. */
function differing(
  { hosts, ...around }: ResolvedEnvironment,
  asked: ReadonlyMap<string, HostState>,
): readonly string[] {
  const wanted = new Map<string, HostState>(hosts.map(({ host, state }) => [host.id, state]));
  const names = [...new Set([...wanted.keys(), ...asked.keys()])].sort();
  const network = `${around.project}-${around.environment}`;
  const hashes = (state: HostState | undefined): string =>
    (state?.containers ?? [])
      .map((spec) => specHash(spec, { ...around, network: state?.network ?? network }))
      .sort()
      .join();
  return names.filter((name) => {
    const [one, other] = [wanted.get(name), asked.get(name)];
    // Most are the same to the letter, and hashing takes its time.
    if (JSON.stringify(one?.containers ?? []) === JSON.stringify(other?.containers ?? [])) {
      return false;
    }
    return hashes(one) !== hashes(other);
  });
}

const view = (
  kind: PendingView['kind'],
  { commit, subject }: Pick<LoadedStates, 'commit' | 'subject'>,
  more: Partial<PendingView> & Pick<PendingView, 'hosts'>,
): PendingView => ({ kind, commit, subject, images: [], problem: null, ...more });

export async function withPending(
  options: PendingOptions,
  pipeline: Pipeline,
  stage: StageView,
): Promise<StageView> {
  const found = await pendingOf(options, pipeline, stage.environment);
  if (found?.kind !== 'changed') return stage;
  const hosts = plural(found.hosts.length, 'host');
  const { environment } = stage;
  const apply = options.states.last?.states.environments.get(environment as EnvironmentName)?.apply;
  const how = apply === 'auto' ? 'by itself, or ' : '';
  const pending = `the states ask for a change on ${hosts}: ${how}master apply ${environment}`;
  return { ...stage, pending };
}
