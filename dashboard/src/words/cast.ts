// A recording (asciicast, version 2): a line with its size, then a line for whatever happened, each with its second.

export type Step = { at: number } & ({ bytes: string } | { size: [number, number] } | { said: string });

export interface Cast {
  cols: number;
  rows: number;
  /** In their order; `at` in ms, with every pause cut to `PAUSE_MS`. */
  steps: readonly Step[];
  /** Milliseconds that it takes. */
  length: number;
}

/** Nobody watches a pause: an agent may think for ten minutes. */
export const PAUSE_MS = 1500;

/** Throws an Error, a sentence, where it is none. A last line that is not whole is passed over: it is still being written. */
export function parse(text: string): Cast {
  const [first, ...rest] = text.split('\n');
  const header = read(first ?? '') as { version?: number; width?: number; height?: number } | null;
  if (header?.version !== 2 || !header.width || !header.height) throw new Error('This is no recording that can be played here.');
  const steps: Step[] = [];
  let at = 0;
  let before = 0;
  for (const line of rest) {
    const told = read(line);
    if (!Array.isArray(told)) continue;
    const [seconds, kind, data] = told as [number, string, string];
    at += Math.min(PAUSE_MS, Math.max(0, seconds * 1000 - before));
    before = seconds * 1000;
    if (kind === 'o') steps.push({ at, bytes: data });
    else if (kind === 'r') steps.push({ at, size: data.split('x').map(Number) as [number, number] });
    else if (kind === 'm') steps.push({ at, said: data });
  }
  return { cols: header.width, rows: header.height, steps, length: at };
}

function read(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
