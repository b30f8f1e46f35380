// The version of this package, as `master --version` prints it.

export { version } from '../protocol/version.ts';
