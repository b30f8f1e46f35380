// The state files as read from wherever they stand, before anything looks into them.

export type SourceFile =
  { readonly bytes: Uint8Array } | { readonly link: string } | { readonly other: string };

/** Path inside the states, with `/` → content, where a symbolic link points, or what else it is. */
export type SourceFiles = ReadonlyMap<string, SourceFile>;
