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
  callsOpenMax: 64,
  /** Sent and not yet acknowledged; a minion waits, a master ends the link of one that does not. */
  reportsInFlightMax: 64,
  reportsKeptMax: 10_000,
  sendBufferBytesMax: 16_777_216,
  certificateDays: 90,
  serverCertificateDays: 365,
  caYears: 10,
  tokenHoursDefault: 24,
  enrolBodyBytesMax: 16_384,
  /** Of one neighbour: so many at once, and then one in every so many milliseconds. */
  enrolBurst: 60,
  enrolMsEach: 1_000,
  neighboursMax: 10_000,
  /** Connections to the master that are not linked, or not yet. */
  unlinkedMax: 1_000,
  joinTokensMax: 1_000,
  containersPerStateMax: 500,
  logLinesMax: 20,
  logLineCharsMax: 2_000,
} as const;

/** WebSocket subprotocols this build speaks, best first; one name per protocol version. */
export const subprotocols = ['brine.1'] as const;
