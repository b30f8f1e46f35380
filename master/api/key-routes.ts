// The paths of key-contract.ts.

import { z } from 'zod';
import { parseHostId } from '../../states/ids.ts';
import { checked, labels } from './requests.ts';
import type { Route } from './routes.ts';

const name = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{Cc}+$/u, 'no control characters');

const rotation = z.strictObject({ finish: z.boolean(), actor: name });

const decision = z.strictObject({
  verdict: z.enum(['accept', 'reject', 'revoke', 'delete']),
  key: z.string().regex(/^[0-9a-f]{64}$/, 'not the digest of a key'),
  labels: labels.exactOptional(),
  actor: name,
});

const ofHost = z.object({
  id: z.string().refine((raw) => parseHostId(raw) !== undefined, 'not the id of a host'),
});

export const keyRoutes: readonly Route[] = [
  {
    ...{ method: 'GET', path: '/v1/keys', needs: 'view' },
    answer: (services) => services.keys(),
  },
  {
    ...{ method: 'POST', path: '/v1/keys/:id', needs: 'admin' },
    answer: async (services, { params, body, actor }) => {
      const asked = checked(decision, body);
      await services.decideKey(checked(ofHost, params).id, {
        ...asked,
        actor: actor(asked.actor),
      });
      return {};
    },
  },
  {
    ...{ method: 'POST', path: '/v1/ca/rotate', needs: 'socket' },
    answer: async (services, { body, actor }) => {
      const asked = checked(rotation, body);
      await services.rotateCa(actor(asked.actor), asked.finish);
      return services.keys();
    },
  },
];
