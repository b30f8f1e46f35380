// What `master validate` found, as text: every mistake with its line, and how many there are.

import type { Diagnostic } from '../../../states/diagnostics.ts';
import type { Page } from './plan.ts';
import { harmless, harmlessLines, listed, plural } from './text.ts';

export interface Validation {
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** Absent where the states cannot be read as a whole. */
  readonly holds?: {
    readonly project: string;
    readonly environments: readonly string[];
    readonly services: number;
    readonly images: number;
  };
}

export function validationText(
  { diagnostics, warnings, holds }: Validation,
  rendered: { readonly diagnostics: string; readonly warnings: string },
  { style }: Page,
): string {
  const blocks = [
    ...(warnings.length === 0 ? [] : [style.warn('warnings:'), harmlessLines(rendered.warnings)]),
    ...(diagnostics.length === 0 ? [] : [harmlessLines(rendered.diagnostics)]),
  ];
  const files = new Set(diagnostics.map(({ file }) => file)).size;
  if (diagnostics.length > 0) {
    const count = `${plural(diagnostics.length, 'mistake')} in ${plural(files, 'file')}`;
    return [...blocks, `${style.bad('error:')} ${count} ${style.dim('[STATE_INVALID]')}`].join(
      '\n\n',
    );
  }
  if (holds === undefined) throw new Error('no mistakes and no states');
  const environments =
    holds.environments.length === 0
      ? 'no environment'
      : `${plural(holds.environments.length, 'environment')} (${listed(holds.environments, 8)})`;
  const parts = [environments, plural(holds.services, 'service'), plural(holds.images, 'image')];
  const said = `${style.good('✓')} the states of ${harmless(holds.project)} are right: `;
  return [...blocks, said + parts.join(', ')].join('\n\n');
}
