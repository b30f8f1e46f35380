// Which Linux bridges of this machine the Engine made for networks of ours. Nobody else's is told.

import { z } from 'zod';
import { labelKeys } from '../../states/naming.ts';

const texts = z.record(z.string(), z.string()).nullish();

const listedNetwork = z.object({
  Id: z.string(),
  Driver: z.string().catch(''),
  Labels: texts,
  Options: texts,
});

export const bridgesAnswer = z
  .array(listedNetwork)
  .transform((list): readonly string[] =>
    list
      .filter(({ Driver, Labels }) => Driver === 'bridge' && Labels?.[labelKeys.project])
      .map(
        ({ Id, Options }) => Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`,
      ),
  );
