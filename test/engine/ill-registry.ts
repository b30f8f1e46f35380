// A registry that is ill in the way that the repository's name says, for what no healthy one does.
// Run as a program: `node ill-registry.ts <port>`; it listens on 127.0.0.1.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

const json = 'application/json';
const manifest = 'application/vnd.docker.distribution.manifest.v2+json';

type Illness = (request: IncomingMessage, response: ServerResponse) => void;

const answering =
  (status: number, type: string, body: string, headers: Record<string, string> = {}): Illness =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': type, ...headers }).end(body);
  };

const illnesses: Readonly<Record<string, Illness>> = {
  unavailable: answering(503, 'text/plain', 'no backend'),
  asked: answering(429, json, '{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'),
  forbidden: answering(403, json, '{"errors":[{"code":"DENIED","message":"denied"}]}'),
  page: answering(200, 'text/html', '<html>It works!</html>'),
  lost: answering(404, 'text/html', '<html>Not here</html>'),
  other: answering(200, manifest, '{}'),
  broken: (request) => request.socket.destroy(),
  silent: () => undefined,
};

createServer((request, response) => {
  const [, , repository = ''] = (request.url ?? '').split('/');
  if (repository === '') answering(200, json, '{}')(request, response);
  else (illnesses[repository] ?? answering(404, json, '{}'))(request, response);
}).listen(Number(process.argv[2]), '127.0.0.1');
