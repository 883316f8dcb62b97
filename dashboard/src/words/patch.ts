// A patch, file by file.
export interface Changed {
  name: string;
  text: string;
}

/** The files of a patch as git writes it, each with what follows its head; what comes before the first head is left out. */
export function files(patch: string): Changed[] {
  const parts = patch.split(/^(?=diff --git )/m).filter((part) => part.startsWith('diff --git '));
  return parts.map((part) => {
    const renamed = /^rename to (.*)$/m.exec(part)?.[1];
    const told = /^\+\+\+ "?b\/(.*?)"?\s*$/m.exec(part)?.[1] ?? /^--- "?a\/(.*?)"?\s*$/m.exec(part)?.[1];
    const name = renamed ?? told ?? /^diff --git "?a\/.*? "?b\/(.*?)"?$/m.exec(part)?.[1] ?? part.split('\n')[0]!;
    return { name, text: part.slice(part.indexOf('\n') + 1).trimEnd() };
  });
}
