// Loads a library with some of its files left out, so that what we never use costs neither memory
// nor time.

import { registerHooks } from 'node:module';

const stubs = {
  commonjs: "module.exports = () => { throw new Error('this part of the library was left out'); };",
  module: 'export {};',
} as const;

/**
 * `files` as paths below `node_modules`. What such a file exports throws when it is called, or is
 * not there at all where it is an ES module.
 */
export async function importWithout<T>(
  files: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  const hooks = registerHooks({
    load(url, context, next) {
      if (!files.some((file) => url.endsWith(`/node_modules/${file}`))) return next(url, context);
      const format = context.format === 'module' ? 'module' : 'commonjs';
      return { format, source: stubs[format], shortCircuit: true };
    },
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}
