// The verbs for releases and for the stages that they go through.

import type { Command } from 'commander';
import type { Perform } from './commands.ts';
import type { FreezeOptions } from './verbs/freeze.ts';
import type { ReleaseOptions, ReleasesOptions } from './verbs/releases.ts';
import type { PromoteOptions } from './verbs/stage.ts';

export function addPipelineVerbs(program: Command, perform: Perform): void {
  addReleaseVerbs(program, perform);
  addPromotionVerbs(program, perform);
  addHoldVerbs(program, perform);
  addFreezeVerbs(program, perform);
}

function addReleaseVerbs(program: Command, perform: Perform): void {
  const release = program
    .command('release')
    .argument('<image=tag...>')
    .description('make a release of images; what a tag stands for is asked of its registry now')
    .option('--commit <hash>', 'what they were built from, where the images do not say it')
    .option('--build-url <url>', 'where to read about the build')
    .option('--message <text>', 'what it brings; the first line is shown everywhere')
    .option('--alone', 'do not wait for the images that brine.yaml releases together with these')
    .action((images: string[], options: ReleaseOptions) =>
      perform(async (context) =>
        (await import('./verbs/releases.ts')).release(context, images, options),
      ),
    );
  release
    .command('show <id>')
    .description('show what a release holds and what became of it in every stage, with evidence')
    .action((id: string) =>
      perform(async (context) => (await import('./verbs/releases.ts')).showRelease(context, id)),
    );
  program
    .command('releases')
    .description('list the releases, and where each of them got to')
    .option('--commit <hash>', 'only what was built from this commit')
    .option('--image <image>', 'only what holds this: 1.42.0, api=1.42.0, or sha256:2b1c…')
    .option('--env <env>', 'only what came to this environment')
    .option('-n, --lines <number>', 'this many of the newest', '20')
    .action((options: ReleasesOptions) =>
      perform(async (context) => (await import('./verbs/releases.ts')).releases(context, options)),
    );
  program
    .command('diff <env-a> <env-b>')
    .description('show the versions of two environments side by side')
    .action((a: string, b: string) =>
      perform(async (context) => (await import('./verbs/diff.ts')).diff(context, a, b)),
    );
}

function addPromotionVerbs(program: Command, perform: Perform): void {
  program
    .command('promote <release> <env>')
    .description('bring a release into a stage, and stay until that is done')
    .option('--force', 'past the gates; recorded as untested, with the reason')
    .option('--why <reason>', 'why the gates may be passed')
    .option('--detach', 'do not stay')
    .action((release: string, environment: string, options: PromoteOptions) =>
      perform(async (context) =>
        (await import('./verbs/stage.ts')).promote(context, { release, environment }, options),
      ),
    );
  program
    .command('retry <env>')
    .description('try again what is paused in a stage, or what failed there last')
    .option('--detach', 'do not stay')
    .action((env: string, options: Pick<PromoteOptions, 'detach'>) =>
      perform(async (context) => (await import('./verbs/stage.ts')).retry(context, env, options)),
    );
  program
    .command('approve <env>')
    .description('let what waits for approval into a stage')
    .option('--release <id>', 'this release, before it comes')
    .action((env: string, options: { readonly release?: string }) =>
      perform(async (context) => (await import('./verbs/stage.ts')).approve(context, env, options)),
    );
  program
    .command('explain <env>')
    .description('say why a stage is not further than it is')
    .action((env: string) =>
      perform(async (context) => (await import('./verbs/stage.ts')).explain(context, env)),
    );
}

const untilOption = ['--until <time>', 'it ends by itself: 2h, 3d, 2026-11-24T18:00Z'] as const;

function addHoldVerbs(program: Command, perform: Perform): void {
  program
    .command('hold <env>')
    .description('let nothing enter a stage by itself')
    .requiredOption('--why <reason>', 'shown to everybody who asks')
    .option(...untilOption)
    .action((env: string, options: { readonly why: string; readonly until?: string }) =>
      perform(async (context) => (await import('./verbs/stage.ts')).hold(context, env, options)),
    );
  program
    .command('resume <env>')
    .description('end a hold, or let a stage go on that was stopped after two rollbacks')
    .action((env: string) =>
      perform(async (context) => (await import('./verbs/stage.ts')).resume(context, env)),
    );
}

function addFreezeVerbs(program: Command, perform: Perform): void {
  program
    .command('freeze [env...]')
    .description('let nothing enter these stages by itself; all of them where none is named')
    .requiredOption('--message <text>', 'shown to everybody who asks')
    .option(...untilOption)
    .action((environments: string[], options: FreezeOptions) =>
      perform(async (context) =>
        (await import('./verbs/freeze.ts')).freeze(context, environments, options),
      ),
    );
  program
    .command('unfreeze <id>')
    .description('end a freeze before its time')
    .action((id: string) =>
      perform(async (context) => (await import('./verbs/freeze.ts')).unfreeze(context, id)),
    );
}
