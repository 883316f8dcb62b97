// Where the page is: `#/`, `#/needs`, `#/charts`, `#/alerts`, `#/agent/NAME`.

export type Place = { view: 'overview' } | { view: 'needs' | 'charts' | 'alerts' } | { view: 'agent'; session: string };

export function parse(hash: string): Place {
  const [view, session] = hash.replace(/^#\/?/, '').split('/');
  if (view === 'needs' || view === 'charts' || view === 'alerts') return { view };
  if (view === 'agent' && session) return { view, session: decodeURIComponent(session) };
  return { view: 'overview' };
}

export const agentPath = (session: string) => `#/agent/${encodeURIComponent(session)}`;

class Route {
  place = $state.raw<Place>(parse(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.place = parse(location.hash)));
  }

  go(hash: string): void {
    location.hash = hash;
    this.place = parse(hash); // at once: what is left asks for nothing more
  }
}

export const route = new Route();
