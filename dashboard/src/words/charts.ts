// What charts show and how: ranges, metrics, colours, and their values in words.
import { STATES } from './states';

export interface Line {
  name: string;
  values: readonly (number | null)[];
}

/** Minutes back from now, by the word on the button. */
export const RANGES: readonly [string, number][] = [
  ['15 min', 15],
  ['1 h', 60],
  ['6 h', 360],
  ['24 h', 1440],
  ['7 days', 10_080],
  ['30 days', 43_200],
];

export interface Plan {
  metric: string;
  title: string;
  about: string;
  stacked?: boolean;
  /** Bars: amounts a step, rather than a level that goes up and down. */
  bars?: boolean;
}

export const PLANS: readonly Plan[] = [
  { metric: 'agents', title: 'Agents by state', about: 'living agents, on average', stacked: true },
  { metric: 'waiting', title: 'Waiting for an answer', about: 'from a question until the agent went on' },
  { metric: 'commands', title: 'Commands', about: 'that came to an end, an hour', bars: true },
  { metric: 'latency', title: 'Command latency', about: 'from acceptance until it was sent' },
  { metric: 'errors', title: 'Errors', about: 'times an agent came to be in error', bars: true },
  { metric: 'tokens', title: 'Tokens', about: 'where agents tell', bars: true },
  { metric: 'cost', title: 'Cost', about: 'where agents tell', bars: true },
];

/** Who needs a person is at the bottom, where it is seen first. In light and in dark. */
export const ORDER: Readonly<Record<string, readonly [string, string]>> = {
  waiting: ['#d97706', '#ffb84d'],
  stuck: ['#92400e', '#c98a2b'],
  error: ['#c81e33', '#ff7b7b'],
  working: ['#0b5cad', '#5aa5ff'],
  testing: ['#0e7490', '#4cc5dd'],
  thinking: ['#6366c9', '#a3a5ff'],
  reading: ['#7aa7d6', '#38618f'],
  initializing: ['#a8a39a', '#6a727b'],
  complete: ['#2f8f55', '#5fc486'],
  idle: ['#cfcac0', '#3c434a'],
};
const OTHER: readonly (readonly [string, string])[] = [
  ['#0b5cad', '#7cb7ff'],
  ['#c2410c', '#ff9a62'],
  ['#7c3aed', '#c4a5ff'],
];

export function colour(name: string, place: number, dark: boolean): string {
  return (ORDER[name] ?? OTHER[place % OTHER.length]!)[dark ? 1 : 0];
}

/** A value as people read it. */
export function shown(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return '–';
  if (unit === 'USD') return `$${value.toFixed(value < 10 ? 2 : 0)}`;
  if (unit === 's') return value < 90 ? `${round(value)} s` : value < 5400 ? `${round(value / 60)} min` : `${round(value / 3600)} h`;
  if (unit === 'ms') return value < 1000 ? `${round(value)} ms` : shown(value / 1000, 's');
  if (unit === '%') return `${round(value)} %`;
  if (value >= 1_000_000) return `${round(value / 1_000_000)} M`;
  if (value >= 10_000) return `${round(value / 1000)} k`;
  return round(value);
}

const round = (value: number) => String(Math.abs(value) >= 100 ? Math.round(value) : Math.round(value * 10) / 10);

/** The lines of a metric, those of states in their order and without those that were never there. */
export function arranged(lines: Readonly<Record<string, readonly (number | null)[]>>, stacked: boolean): Line[] {
  const all = Object.entries(lines).map(([name, values]) => ({ name, values }));
  if (!stacked) return all;
  const order = Object.keys(ORDER);
  return all.filter(({ values }) => values.some((value) => value)).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** Each line on top of those before it. */
export function piled(lines: readonly Line[]): (number | null)[][] {
  const sums: (number | null)[][] = [];
  for (const { values } of lines) {
    const below = sums.at(-1);
    sums.push(values.map((value, i) => (value === null ? null : value + (below?.[i] ?? 0))));
  }
  return sums;
}

export const word = (name: string) => STATES[name]?.word ?? name;

/** The chart in a sentence, for those who do not see it. */
export function told(title: string, unit: string, lines: readonly Line[]): string {
  const parts = lines.map(({ name, values }) => {
    const known = values.filter((value): value is number => value !== null);
    return known.length ? `${word(name)} ${shown(known.at(-1), unit)}, at most ${shown(Math.max(...known), unit)}` : `${word(name)} nothing`;
  });
  return `${title}. Last: ${parts.join('; ') || 'nothing in this time'}.`;
}
