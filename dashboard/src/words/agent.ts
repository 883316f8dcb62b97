// What a person wants to know of an agent first: does it need me, and what is it doing.
import type { Agent } from '../api/client';

export type Group = 'needs' | 'complete' | 'busy' | 'idle' | 'ended';

/** In the order in which they are shown: who needs a person comes first. */
export const GROUPS: readonly { id: Group; title: string; short: string }[] = [
  { id: 'needs', title: 'Needs you', short: 'needs you' },
  { id: 'complete', title: 'Finished', short: 'finished' },
  { id: 'busy', title: 'At work', short: 'at work' },
  { id: 'idle', title: 'Idle', short: 'idle' },
  { id: 'ended', title: 'Ended', short: 'ended' },
];

/** Which group it belongs to. An error that the agent retries by itself is work; an end that somebody wanted is no error. */
export function groupOf({ state, alive, detail }: Agent): Group {
  if (state === 'error') return alive && detail.retrying ? 'busy' : 'needs';
  if (!alive) return 'ended';
  if (state === 'waiting' || state === 'stuck') return 'needs';
  if (state === 'complete' || state === 'idle') return state;
  return 'busy';
}

const RANK = new Map(GROUPS.map(({ id }, rank) => [id, rank]));

/** Needs first, oldest first; the finished newest first; the rest by name, so that the cards stand still while they work. */
export function compare(a: Agent, b: Agent): number {
  const group = groupOf(a);
  const rank = RANK.get(group)! - RANK.get(groupOf(b))!;
  if (rank) return rank;
  if (group === 'needs' && a.since !== b.since) return a.since - b.since;
  if (group === 'complete' && a.since !== b.since) return b.since - a.since;
  return a.session < b.session ? -1 : a.session > b.session ? 1 : 0;
}

const STUCK: Readonly<Record<string, string>> = {
  frozen: 'Says it is busy, and nothing moves.',
  looping: 'Does the same again and again.',
  unanswered: 'Its question has waited for long.',
  limited: 'Its usage limit is reached.',
  unsubmitted: 'There is text in its prompt that nobody sent.',
  idle_unfinished: 'It rests, and its list has open items.',
  auth: 'It has to log in.',
  shell: 'The agent left; its shell stayed.',
};

const ERRORS: Readonly<Record<string, string>> = {
  rate_limit: 'Rate limited.',
  usage_limit: 'Its usage limit is reached.',
  auth: 'Not logged in, or the key was refused.',
  billing: 'Billing: the account cannot pay for more.',
  context_full: 'Its context is full.',
  server: 'The model’s server failed.',
  network: 'The network failed.',
  invalid_request: 'The model’s server refused the request.',
  crash: 'It crashed.',
};

const RESTS: Readonly<Record<string, string>> = {
  unfinished: 'Its list has open items.',
  interrupted: 'Interrupted.',
};

export interface Doing {
  text: string;
  /** Drawn as code. */
  code?: string;
}

/** What it does or asks now, in a line; empty where nothing says so. */
export function doing(agent: Agent): Doing {
  const { detail, state, alive, exit_status: status } = agent;
  const about = detail.command ?? (detail.file === undefined ? undefined : within(detail.file, agent.workdir));
  if (state === 'waiting') return { text: detail.question ?? detail.message ?? 'It asks something.', code: about };
  if (state === 'stuck') return { text: STUCK[detail.reason ?? ''] ?? detail.message ?? 'It does not move.' };
  if (state === 'error') {
    const failure = detail.message ?? ERRORS[detail.error ?? ''] ?? (status ? `It ended with status ${status}.` : 'It failed.');
    return { text: detail.retrying ? `${failure} It tries again by itself.` : failure };
  }
  if (!alive) return { text: said(detail.message) || (status ? `Ended with status ${status}.` : 'Ended.') };
  if (state === 'idle' && detail.reason) return { text: RESTS[detail.reason] ?? said(detail.message) };
  if (about) return { text: detail.tool ?? '', code: about };
  return { text: detail.tool ?? detail.message ?? '' };
}

/** A sentence of the daemon's, with a capital letter and a full stop. */
function said(text = ''): string {
  return text && `${text[0]!.toUpperCase()}${text.slice(1)}${/[.!?…]$/.test(text) ? '' : '.'}`;
}

/** A path as seen from a directory that it lies in. */
export function within(path: string, directory: string): string {
  const root = `${directory.replace(/\/+$/, '')}/`;
  return path.startsWith(root) ? path.slice(root.length) : path;
}

/** The last part of a path. */
export function project(workdir: string): string {
  return workdir.replace(/\/+$/, '').split('/').at(-1) || workdir;
}

/** Whether what a person typed into the search box is in it: every word somewhere. */
export function matches(agent: Agent, typed: string): boolean {
  const { text, code } = doing(agent);
  const heap = [agent.session, agent.kind, agent.state, agent.node, agent.workdir, agent.model, agent.branch, text, code];
  const said = heap.join('\n').toLowerCase();
  return typed.toLowerCase().split(/\s+/).every((word) => said.includes(word));
}
