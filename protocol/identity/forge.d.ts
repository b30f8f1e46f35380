// The one part of node-forge that is used: loading all of it costs 30 ms and 7 MB more.

declare module 'node-forge/lib/asn1.js' {
  import type { asn1 } from 'node-forge';
  const part: typeof asn1;
  export default part;
}
