// Every bound of the wire in one place, with its unit in the name.

export const limits = {
  frameBytesMax: 4_194_304,
  heartbeatMs: 5_000,
  silentPeerMs: 20_000,
  closeMs: 2_000,
  handshakeMs: 10_000,
  reconnectMsMin: 250,
  reconnectMsMax: 15_000,
  callMsMax: 60_000,
  /** A test may take long; its deadline is that of the test and what it takes to begin and end one. */
  testCallMsMax: 86_400_000 + 600_000,
  callsOpenMax: 64,
  /** Sent and not yet acknowledged; a minion waits, a master ends the link of one that does not. */
  reportsInFlightMax: 64,
  reportsKeptMax: 10_000,
  sendBufferBytesMax: 16_777_216,
  certificateMs: 90 * 86_400_000,
  serverCertificateDays: 365,
  caYears: 10,
  enrolBodyBytesMax: 16_384,
  /** Of one neighbour: so many at once, and then one in every so many milliseconds. */
  enrolBurst: 60,
  enrolMsEach: 1_000,
  neighboursMax: 10_000,
  /** Connections to the master that are not linked, or not yet. */
  unlinkedMax: 1_000,
  joinTokensMax: 1_000,
  /** Hosts that wait for a person to let them in: all of them, of one neighbour, and how long. */
  joinRequestsMax: 1_000,
  joinRequestsOfNeighbourMax: 100,
  joinRequestMs: 86_400_000,
  /** How often a host asks whether somebody has decided. */
  joinAgainMs: 3_000,
  containersPerStateMax: 500,
  logLinesMax: 20,
  logLineCharsMax: 2_000,
  /** Of one `log` message. */
  liveLinesMax: 100,
  /** Of a test's output, the beginning and the end; what is between them is left out. */
  outputHeadCharsMax: 16_384,
  outputTailCharsMax: 114_688,
} as const;

/** How long a call may be asked for. */
export const callMsMax = (verb: string): number =>
  verb === 'test' ? limits.testCallMsMax : limits.callMsMax;

/** WebSocket subprotocols this build speaks, best first; one name per protocol version. */
export const subprotocols = ['brine.1'] as const;
