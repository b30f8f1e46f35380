// Loads a CommonJS library with some of its files left out, so that what we never use costs neither
// memory nor time.

import { registerHooks } from 'node:module';

const stub =
  "module.exports = () => { throw new Error('this part of the library was left out'); };";

/** `files` as paths below `node_modules`; calling what such a file exports is a defect and throws. */
export async function importWithout<T>(
  files: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  const hooks = registerHooks({
    load(url, context, next) {
      if (!files.some((file) => url.endsWith(`/node_modules/${file}`))) return next(url, context);
      return { format: 'commonjs', source: stub, shortCircuit: true };
    },
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}
