// What an event says of an agent, put into it. Events do not say everything: what they leave open is loaded afterwards.
import type { Agent, Detail, Event } from '../api/client';

type Told = Event & { state?: string; prevState?: string; detail?: Detail & { resets_at_ms?: number }; progress?: number | null; source?: string };

/** The agent after the event: the same object where nothing of it changed. */
export function apply(agent: Agent, event: Event): Agent {
  const told = event as Told;
  if (told.event === 'state_change' && told.state !== undefined) {
    return { ...agent, state: told.state, since: told.timestamp, detail: told.detail ?? {} };
  }
  if (told.event === 'agent_waiting' && told.detail !== undefined && agent.state === 'waiting') {
    return { ...agent, detail: told.detail };
  }
  if (told.event === 'progress' && told.progress !== undefined) {
    return { ...agent, progress: told.progress, progress_source: told.source ?? agent.progress_source };
  }
  if (told.event === 'agent_exited' || told.event === 'agent_killed') return { ...agent, alive: false };
  return agent;
}

const LEAVES = new Set(['agent_forgotten', 'agent_archived']);
const COMES = new Set(['agent_spawned', 'agent_adopted']);

/** All of them after the events, in the same order, without those that left. An agent that no event touched stays the same object. */
export function applied(agents: readonly Agent[], events: readonly Event[]): Agent[] {
  const bySession = new Map<string, Event[]>();
  for (const event of events) {
    const those = bySession.get(event.session);
    if (those) those.push(event);
    else bySession.set(event.session, [event]);
  }
  const left = (session: string) => LEAVES.has(bySession.get(session)?.findLast(({ event }) => LEAVES.has(event) || COMES.has(event))?.event ?? '');
  return agents.filter(({ session }) => !left(session)).map((agent) => (bySession.get(agent.session) ?? []).reduce(apply, agent));
}

const CALLS: ReadonlySet<string | undefined> = new Set(['waiting', 'stuck', 'error']);

/** Whether a person may be waiting for it: that an agent needs somebody or does no more, comes or goes. What agents at work do is not. */
export function urgent(event: Event): boolean {
  const { event: name, state, prevState } = event as Told;
  return /^(agent_|approval_)/.test(name) || CALLS.has(state) || CALLS.has(prevState);
}

/** Whether a question may have come or gone. */
export function asks(event: Event): boolean {
  const { event: name, state, prevState } = event as Told;
  return /^(agent_|approval_)/.test(name) || state === 'waiting' || prevState === 'waiting';
}
