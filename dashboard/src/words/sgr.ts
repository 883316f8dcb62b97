// The colours of a terminal's rows: text with SGR sequences in, runs of text with a style out. Any other control sequence is dropped.
import { visible } from './visible';

export interface Run {
  text: string;
  /** Class names: `b` bold, `f` faint, `i` italic, `u` underlined, `r` reversed, `x` struck, `c0`–`c15` and `g0`–`g15` colour and ground. */
  classes: string;
  /** Colours beyond the sixteen, as CSS. */
  color: string | null;
  ground: string | null;
}

interface Pen {
  marks: Set<string>;
  color: string | number | null;
  ground: string | number | null;
}

const MARKS: Readonly<Record<number, string>> = { 1: 'b', 2: 'f', 3: 'i', 4: 'u', 7: 'r', 9: 'x' };
const ENDS: Readonly<Record<number, readonly string[]>> = { 22: ['b', 'f'], 23: ['i'], 24: ['u'], 27: ['r'], 29: ['x'] };
const LEVELS = [0, 95, 135, 175, 215, 255] as const;
// eslint-disable-next-line no-control-regex
const SEQUENCE = /\u001b(?:\[([\d;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[()][A-Za-z0-9]|[ -/]*[0-~])|[\u000e\u000f]/g;

/** Each row of the text as its runs. Styles go on from row to row, as they do in a terminal. */
export function rows(text: string): Run[][] {
  const pen: Pen = { marks: new Set(), color: null, ground: null };
  return text.split('\n').map((row) => {
    const runs: Run[] = [];
    let at = 0;
    for (const found of row.matchAll(SEQUENCE)) {
      put(runs, row.slice(at, found.index), pen);
      at = found.index + found[0].length;
      if (found[2] === 'm') draw(pen, found[1] ?? '');
    }
    put(runs, row.slice(at), pen);
    return runs;
  });
}

function put(runs: Run[], text: string, pen: Pen): void {
  if (!text) return;
  const classes = [...pen.marks];
  if (typeof pen.color === 'number') classes.push(`c${pen.color}`);
  if (typeof pen.ground === 'number') classes.push(`g${pen.ground}`);
  runs.push({
    text: visible(text),
    classes: classes.join(' '),
    color: typeof pen.color === 'string' ? pen.color : null,
    ground: typeof pen.ground === 'string' ? pen.ground : null,
  });
}

function draw(pen: Pen, said: string): void {
  const codes = said.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at]!;
    if (code === 0) {
      pen.marks.clear();
      pen.color = pen.ground = null;
    } else if (code in MARKS) pen.marks.add(MARKS[code]!);
    else if (code in ENDS) ENDS[code]!.forEach((mark) => pen.marks.delete(mark));
    else if (code >= 30 && code <= 37) pen.color = code - 30;
    else if (code >= 90 && code <= 97) pen.color = code - 82;
    else if (code >= 40 && code <= 47) pen.ground = code - 40;
    else if (code >= 100 && code <= 107) pen.ground = code - 92;
    else if (code === 39) pen.color = null;
    else if (code === 49) pen.ground = null;
    else if (code === 38 || code === 48) {
      const [used, colour] = wide(codes, at + 1);
      if (code === 38) pen.color = colour;
      else pen.ground = colour;
      at += used;
    }
  }
}

/** A colour of 256 or of all, and how many numbers it took. */
function wide(codes: readonly number[], at: number): [number, string | number | null] {
  if (codes[at] === 2) return [4, `rgb(${codes.slice(at + 1, at + 4).map((part) => part || 0).join(' ')})`];
  const index = codes[at + 1] ?? 0;
  if (index < 16) return [2, index];
  if (index >= 232) return [2, grey(8 + (index - 232) * 10)];
  const cube = index - 16;
  const [red, green, blue] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => LEVELS[level]);
  return [2, `rgb(${red} ${green} ${blue})`];
}

const grey = (level: number) => `rgb(${level} ${level} ${level})`;
