// `master validate [dir]`: whether states can be read and fit together. Asks no master and no registry.

import { resolve } from 'node:path';
import { surePortConflicts } from '../../../states/conflicts.ts';
import { renderDiagnostics } from '../../../states/diagnostics.ts';
import { describeEnvironments } from '../../../states/environment-of.ts';
import { fault } from '../../../states/faults.ts';
import { loadStates, type Loaded } from '../../../states/load.ts';
import { readDirectory } from '../../source/directory.ts';
import { pageOf, type Context } from '../context.ts';
import { exits } from '../exit.ts';
import { validationText, type Validation } from '../render/validation.ts';

export async function validate(context: Context, dir: string): Promise<number> {
  const files = await readDirectory(resolve(dir), '');
  if (files.size === 0) {
    throw fault('SOURCE_MISSING', 'there are no states', { where: resolve(dir) });
  }
  const validation = validationOf(loadStates(files));
  const { diagnostics, warnings } = validation;
  const rendered = {
    diagnostics: renderDiagnostics(diagnostics, files),
    warnings: renderDiagnostics(warnings, files),
  };
  const tell = validation.ok || context.json ? context.out : context.err;
  tell(
    context.json
      ? JSON.stringify(validation)
      : validationText(validation, rendered, pageOf(context)),
  );
  return validation.ok ? exits.converged : exits.invalid;
}

/** What stops only one environment is wrong all the same. */
function validationOf(loaded: Loaded): Validation {
  if (!loaded.ok) return { ok: false, diagnostics: loaded.diagnostics, warnings: [] };
  const { states } = loaded;
  const { project, warnings, services, environments, images } = states;
  const diagnostics = [
    ...[...environments.values()].flatMap(({ problems }) => problems),
    ...surePortConflicts(states),
  ];
  return {
    ok: diagnostics.length === 0,
    diagnostics,
    warnings,
    holds: {
      project,
      environments: describeEnvironments(states),
      services: services.length,
      images: images.size,
    },
  };
}
