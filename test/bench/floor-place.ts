// Where the bare calls put what they start: beside the bench's own service, in the same network.

export const hostPort = 18_099;
export const network = 'starfall-beta';
