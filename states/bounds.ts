// Every bound of the language in one place, with its unit in the name.

export const bounds = {
  fileBytesMax: 524_288,
  /** Characters of one file that mean something to YAML, line breaks among them. */
  marksMax: 100_000,
  depthMax: 40,
  /** Values of one file, each counted as often as an alias repeats it. */
  valuesMax: 100_000,
  syntaxErrorsMax: 5,
  linksMax: 16,
  diagnosticsShownMax: 100,
  textCharsMax: 131_072,
  labelCharsMax: 4_096,
  wordCharsMax: 65_536,
  listItemsMax: 1_000,
  mountsMax: 200,
  needsMax: 200,
  networksMax: 20,
  aliasesMax: 20,
  configsMax: 100,
  /** Of one file that is put into a container, and of one file of env entries. */
  configBytesMax: 262_144,
  /** What the head of a tar can name. */
  configPathCharsMax: 100,
  /** Of a user or group that owns such a file; a tar says no more. */
  ownerMax: 2_097_151,
  envFilesMax: 20,
  drainMsMax: 86_400_000,
  jobsMax: 20,
  jobMsMax: 86_400_000,
  retainMax: 100,
  containersPerHostMax: 500,
  /** Of the state of one host as JSON; it crosses the wire in one frame. */
  stateCharsMax: 3_145_728,
} as const;
