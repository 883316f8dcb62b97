// Agents made up for tests.
import type { Agent } from './client';

/** An agent that is like any other but for what is given. */
export function make(given: Partial<Agent>): Agent {
  return {
    id: given.session ?? 'one', session: 'one', node: 'here', kind: 'claude', state: 'idle', progress: null, progress_source: 'none',
    spec_problem: null, alive: true, exit_status: null, since: 0, confidence: 'high', detail: {}, model: null, workdir: '/home/me/project',
    created: 0, changed: 0, ended: null, auto: null, policy: null, branch: null, worktree: null, sandbox: null, unapplied: [], spawned: true, spec: null, pid: 1, version: null,
    agent_session: null, stuck: {}, port: null, diff: null, keep: false, cleanup: null, recording: false, tmux: { server: 'outrider', pane: '%1' },
    counters: { files_read: 0, files_written: 0, files_edited: 0, commands: 0, tests: 0, errors: 0, thinking_s: 0, tokens: 0, cost_usd: 0 },
    ...given,
  };
}
