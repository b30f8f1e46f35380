// The state files as read from wherever they stand, before anything looks into them.

export type SourceFile = { readonly bytes: Uint8Array } | { readonly link: string };

/** Path inside the states, with `/` → content, or where a symbolic link points. */
export type SourceFiles = ReadonlyMap<string, SourceFile>;
