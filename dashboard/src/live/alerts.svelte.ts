// Notifications of the browser, when somebody allowed them and the page is not looked at.
import { doing, groupOf } from '../words/agent';
import { visible } from '../words/visible';
import { fleet } from './fleet.svelte';
import { agentPath } from './route.svelte';
import { notices } from './notices.svelte';

const NAME = 'outrider.notify';
const EVENTS = new Set(['agent_waiting', 'agent_error', 'agent_stuck']);

class Alerts {
  readonly possible = 'Notification' in globalThis;
  on = $state(false);

  constructor() {
    this.on = this.possible && Notification.permission === 'granted' && localStorage.getItem(NAME) === 'on';
    fleet.follow((events) => {
      if (!this.on || document.visibilityState === 'visible') return;
      for (const session of new Set(events.filter(({ event }) => EVENTS.has(event)).map((event) => event.session))) this.tell(session);
    });
  }

  async toggle(): Promise<void> {
    const wanted = !this.on;
    if (wanted && (await Notification.requestPermission()) !== 'granted') {
      notices.say('The browser does not allow notifications for this page; its settings do.', true);
      return;
    }
    this.on = wanted;
    localStorage.setItem(NAME, wanted ? 'on' : 'off');
  }

  private tell(session: string): void {
    const agent = fleet.agents.find((one) => one.session === session);
    if (!agent || groupOf(agent) !== 'needs') return;
    const { text, code } = doing(agent);
    const shown = new Notification(`${visible(session)} · ${agent.state}`, { body: visible([text, code].filter(Boolean).join('\n')).slice(0, 200), tag: session });
    shown.onclick = () => {
      window.focus();
      location.hash = agentPath(session);
    };
  }
}

export const alerts = new Alerts();
