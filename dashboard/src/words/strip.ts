// A strip of states: neighbours that are the same make one piece; what it says in words.
import { STATES } from './states';

export interface Piece {
  state: string;
  from: number;
  steps: number;
}

export function pieces(strip: readonly (string | null)[]): Piece[] {
  const found: Piece[] = [];
  strip.forEach((state, at) => {
    const last = found.at(-1);
    if (state === null) return;
    if (last && last.state === state && last.from + last.steps === at) last.steps += 1;
    else found.push({ state, from: at, steps: 1 });
  });
  return found;
}

/** The strip in a sentence: the states by how long they lasted. */
export function told(strip: readonly (string | null)[]): string {
  const counts = new Map<string, number>();
  for (const state of strip) if (state) counts.set(state, (counts.get(state) ?? 0) + 1);
  const total = strip.length || 1;
  const parts = [...counts].sort((a, b) => b[1] - a[1]).map(([state, steps]) => `${STATES[state]?.word ?? state} ${Math.round((steps / total) * 100)} %`);
  return parts.length ? `The last hour: ${parts.join(', ')}` : 'Nothing is known of the last hour';
}
