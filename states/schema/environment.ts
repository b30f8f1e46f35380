// environments/<name>.yaml: which hosts, with which variables, and what differs from the services.

import type { z } from 'zod';
import { defaults } from '../defaults.ts';
import { quoted, right, wrong } from '../parsed.ts';
import { nameKey } from './brine.ts';
import * as kinds from './kinds.ts';
import { oneOf, scalarValue } from './kind.ts';
import { leaf } from './leaf.ts';
import { rolloutProblems } from './service-checks.ts';
import { rolloutSchema } from './rollout.ts';
import { makeServiceSchema } from './service.ts';
import { keyed, map, type Key } from './shape.ts';
import { overrideOf } from './walk.ts';

const value = leaf('literal');

const variableKey: Key = {
  pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,62}$',
  check: (raw) =>
    /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(raw)
      ? right(raw)
      : wrong(`${quoted(raw)} is not the name of a variable`, 'write letters, digits, _ and -'),
};

export const environmentSchema = map('an environment', {
  hosts: value(kinds.selector, { about: 'Which hosts belong to it.' }),
  apply: value(oneOf('manual', 'auto'), {
    about: 'Whether what people change here is applied once it is seen.',
    default: defaults.environment.apply,
  }).exactOptional(),
  vars: keyed(variableKey, value(scalarValue))
    .exactOptional()
    .describe('Variables, for `${vars.<name>}` in services.'),
  services: keyed(nameKey('a service'), overrideOf(makeServiceSchema('written')).nullable())
    .exactOptional()
    .describe('What differs here, by service; `null` leaves the service out.'),
  rollout: rolloutSchema('literal')
    .superRefine((rollout, context) => {
      for (const { path, message } of rolloutProblems(rollout)) {
        context.addIssue({ code: 'custom', path: [...path], message });
      }
    })
    .exactOptional()
    .describe('How hosts are brought to a new version; wins over what the services say.'),
});

export type EnvironmentFile = z.output<typeof environmentSchema>;
