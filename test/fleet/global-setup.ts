// Before and after all tests on real hosts: what earlier runs left goes first, what this one left last.

import { sweep } from './leftovers.ts';

export async function setup(): Promise<void> {
  await sweep();
}

export async function teardown(): Promise<void> {
  await sweep();
}
