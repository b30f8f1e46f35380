// The verbs that need no running master.

import type { Command } from 'commander';
import type { Perform } from './program.ts';

export function addDaemonVerbs(program: Command, perform: Perform): void {
  void program;
  void perform;
}
