// What brine.yaml says of tests and the pipeline, held against the environments there are.

import { findCycle } from './cycle.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { EnvironmentName } from './ids.ts';
import { keyPlaceAt } from './place-services.ts';
import type { BrineFile, StageFile, TestFile } from './schema/brine.ts';
import type { Raw } from './schema/kind.ts';
import { didYouMean, makeScope, unknownImage } from './scope.ts';
import { problemAt } from './source-text.ts';
import type { Stage } from './states.ts';
import { substitute } from './substitute.ts';
import { suggest } from './suggest.ts';
import { childOf, treeAt, type MapTree, type Tree } from './tree.ts';

/** What tests can refer to in one environment. */
export interface TestGround {
  readonly vars: ReadonlyMap<string, Raw>;
  readonly services: ReadonlyMap<string, Tree | undefined>;
}

export interface PipelineCheck {
  readonly tree: MapTree;
  readonly brine: BrineFile;
  /** Every environment there is; undefined where one cannot be read. */
  readonly environments: ReadonlyMap<string, TestGround | undefined>;
}

export function stagesOf(brine: BrineFile): ReadonlyMap<EnvironmentName, Stage> {
  const stages = Object.entries<StageFile>(brine.pipeline ?? {});
  return new Map(
    stages.map(([name, stage]) => [name as EnvironmentName, { ...stage, after: afterOf(stage) }]),
  );
}

const afterOf = ({ after = [] }: StageFile): readonly EnvironmentName[] =>
  typeof after === 'string' ? [after] : after;

export function checkPipeline(checking: PipelineCheck): readonly Diagnostic[] {
  const { tree, brine } = checking;
  const stages = stagesOf(brine);
  const graph = new Map([...stages].map(([name, { after }]) => [name as string, after]));
  const cycle = findCycle(graph);
  return [
    ...[...stages].flatMap(([name, stage]) => stageProblems(name, stage, checking)),
    ...(cycle === undefined
      ? []
      : [
          problemAt(
            afterPlace(tree, cycle[0] ?? '', cycle[1] ?? ''),
            `the pipeline goes around in a circle: ${cycle.join(' after ')}`,
            'take one `after` out',
          ),
        ]),
    ...Object.entries<TestFile>(brine.tests ?? {}).flatMap(([name, test]) =>
      testProblems(name, test, checking),
    ),
    ...togetherProblems(tree, brine),
  ];
}

function togetherProblems(
  tree: MapTree,
  { together = [], images = {} }: BrineFile,
): readonly Diagnostic[] {
  return together.flatMap((group, at) =>
    group.flatMap((image, index) => {
      if (Object.hasOwn(images, image)) return [];
      const { problem, hint } = unknownImage(image, Object.keys(images));
      const place = (treeAt(tree, ['together', at, index]) ?? tree).place;
      return [problemAt(place, problem, hint)];
    }),
  );
}

function stageProblems(name: string, stage: Stage, checking: PipelineCheck): readonly Diagnostic[] {
  const { tree, brine, environments } = checking;
  const place = keyPlaceAt(tree, ['pipeline', name]);
  const stages = Object.keys(brine.pipeline ?? {});
  const tests = Object.keys(brine.tests ?? {});
  const unknown = (what: string, known: Iterable<string>, wrong: string, otherwise: string) => {
    const meant = suggest(wrong, known);
    return [`unknown ${what} \`${wrong}\``, meant ? didYouMean(meant) : otherwise] as const;
  };
  const strange = environments.has(name)
    ? []
    : [
        problemAt(
          place,
          ...unknown('environment', environments.keys(), name, `write environments/${name}.yaml`),
        ),
      ];
  const after = stage.after
    .filter((other) => !stages.includes(other))
    .map((other) =>
      problemAt(
        afterPlace(tree, name, other),
        ...unknown('stage', stages, other, 'add it to `pipeline`'),
      ),
    );
  const verify = (stage.verify ?? []).flatMap((test, index) =>
    tests.includes(test)
      ? []
      : [
          problemAt(
            (treeAt(tree, ['pipeline', name, 'verify', index]) ?? tree).place,
            ...unknown('test', tests, test, 'add it to `tests`'),
          ),
        ],
  );
  return [...strange, ...after, ...verify];
}

function afterPlace(tree: MapTree, stage: string, other: string) {
  const after = treeAt(tree, ['pipeline', stage, 'after']);
  const item =
    after?.kind === 'list'
      ? after.items.find((each) => each.kind === 'scalar' && each.value === other)
      : after;
  return (item ?? tree).place;
}

/** References are held against each environment that the test runs in; against all, where none does. */
function testProblems(
  name: string,
  test: TestFile,
  checking: PipelineCheck,
): readonly Diagnostic[] {
  const { tree, brine, environments } = checking;
  const node = treeAt(tree, ['tests', name]);
  const images = new Map(Object.keys(brine.images ?? {}).map((image) => [image, undefined]));
  if (node === undefined) return [];
  if (test.container !== undefined && !images.has(test.container)) {
    const { problem, hint } = unknownImage(test.container, images.keys());
    return [problemAt((childOf(node, 'container') ?? node).place, problem, hint)];
  }
  const stages = Object.entries<StageFile>(brine.pipeline ?? {});
  const used = stages
    .filter(([, { verify = [] }]) => verify.includes(name))
    .map(([stage]) => stage);
  const grounds: readonly (readonly [string, TestGround | undefined])[] =
    used.length > 0
      ? used.map((stage) => [stage, environments.get(stage)])
      : [['no environment', allTogether([...environments.values()])]];
  return grounds.flatMap(([environment, ground]) =>
    ground === undefined
      ? []
      : [
          ...substitute(node, makeScope({ environment, ...ground, images, host: 'later' }))
            .diagnostics,
          ...serviceProblems(node, test, { environment, services: ground.services }),
        ],
  );
}

function serviceProblems(
  node: Tree,
  { service }: TestFile,
  { environment, services }: { readonly environment: string } & Pick<TestGround, 'services'>,
): readonly Diagnostic[] {
  if (service === undefined || services.has(service)) return [];
  const meant = suggest(service, services.keys());
  const hint = meant === undefined ? `write services/${service}.yaml` : didYouMean(meant);
  const message = `${environment} has no service \`${service}\``;
  return [problemAt((childOf(node, 'service') ?? node).place, message, hint)];
}

function allTogether(grounds: readonly (TestGround | undefined)[]): TestGround | undefined {
  if (grounds.length === 0 || grounds.includes(undefined)) return undefined;
  return {
    vars: new Map(grounds.flatMap((ground) => [...(ground?.vars ?? [])])),
    services: new Map(grounds.flatMap((ground) => [...(ground?.services ?? [])])),
  };
}
