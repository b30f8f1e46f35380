// zod brings its messages in sixty languages and loads all of them with its first import: 9 MB and a
// tenth of a second for texts that nobody here ever reads. Called before that import.

import { registerHooks } from 'node:module';

const translations = /\/node_modules\/zod\/v4\/locales\/index\.js$/;

export function loadZodInEnglish(): void {
  registerHooks({
    load(url, context, next) {
      if (!translations.test(url)) return next(url, context);
      const source = "export { default as en } from './en.js';";
      return { format: 'module', source, shortCircuit: true };
    },
  });
}
