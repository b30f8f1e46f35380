// `master diff <env-a> <env-b>`: the versions of two environments side by side.

import type { StatusView } from '../../api/contract.ts';
import type { PipelineView } from '../../api/pipeline-contract.ts';
import { fault } from '../../../states/faults.ts';
import { show, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { diffText, type Side } from '../render/diff.ts';

export async function diff(context: Context, a: string, b: string): Promise<number> {
  const { client } = context;
  const [status, pipeline] = await Promise.all([
    client.get<StatusView>('/v1/status'),
    client.get<PipelineView>('/v1/pipeline'),
  ]);
  const sides = [sideOf(a, status, pipeline), sideOf(b, status, pipeline)] as const;
  show(context, { environments: sides }, (page) => diffText(sides, page));
  return exits.converged;
}

/** A stage by what it should run, with the commits of its images; another by its states. */
function sideOf(name: string, status: StatusView, { stages }: PipelineView): Side {
  const current = stages.find(({ environment }) => environment === name)?.current;
  if (current !== null && current !== undefined) {
    return { environment: name, release: current.release, images: current.images };
  }
  const found = status.environments.find(({ environment }) => environment === name);
  if (found === undefined) throw fault('UNKNOWN_NAME', `no environment is named ${name}`);
  return { environment: name, release: found.release, images: found.images };
}
