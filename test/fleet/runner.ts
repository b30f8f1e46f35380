// Runs the tests on hosts; those that cannot be run on this machine are skipped one by one, each with its
// reason. With CI=true they are run all the same, and fail: a missing part is no reason then.

import { TestRunner, type RunnerTask, type RunnerTestFile } from 'vitest';
import { whyNot } from './why-not.ts';

export default class HostsRunner extends TestRunner {
  onCollected(files: readonly RunnerTestFile[]): void {
    if (process.env['CI'] === 'true') return;
    for (const file of files) {
      const reason = whyNot(file.filepath);
      if (reason !== undefined) skip(file, reason);
    }
  }
}

function skip(task: RunnerTask, reason: string): void {
  task.mode = 'skip';
  // The note is what the reporter prints behind the name; it stands in no type.
  if (task.type === 'test') task.result = { state: 'skip', ...{ note: reason } };
  else for (const child of task.tasks) skip(child, reason);
}
