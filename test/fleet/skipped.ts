// Says at the end of a run which tests were skipped, one by one under their reasons: what was not tested
// should not have to be guessed.

import type { Reporter, TestModule } from 'vitest/node';
import { missingFor, whyNot } from './why-not.ts';

export default class Skipped implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const reasons = new Map<string, string[]>();
    for (const module of modules) {
      const why = module.project.name === 'hosts' ? whyNot : missingFor;
      for (const test of module.children.allTests()) {
        const { state, note } = { note: undefined, ...test.result() };
        if (state !== 'skipped' && state !== 'pending') continue;
        // Those of a file that was left out whole have no result of their own.
        const reason = note ?? why(module.moduleId);
        if (reason === undefined) continue;
        const names = reasons.get(reason) ?? [];
        reasons.set(reason, [...names, `${module.relativeModuleId} › ${test.fullName}`]);
      }
    }
    for (const [reason, names] of reasons) {
      const lines = [`${names.length} skipped: ${reason}`, ...names.map((name) => `  ${name}`)];
      process.stderr.write(`\n${lines.join('\n')}\n`);
    }
  }
}
