// Agents, live: the list once over HTTP, then each change over the WebSocket. Text goes in as text, never as markup.

const CLASSES = {
  reading: 'busy', thinking: 'busy', working: 'busy', testing: 'busy', complete: 'good',
  waiting: 'needs', stuck: 'needs', error: 'bad', idle: 'quiet', initializing: 'quiet',
};
const RETRY_MS = [500, 1000, 2000, 5000, 10000];

const rows = document.getElementById('agents');
const empty = document.getElementById('empty');
const link = document.getElementById('link');
let since = null;
let failures = 0;
let loading = false;
let again = false;

function cell(text, className = '') {
  const td = document.createElement('td');
  td.textContent = text;
  td.className = className;
  return td;
}

function told(agent) {
  const detail = agent.detail;
  const what = detail.question ?? detail.command ?? detail.file ?? detail.message ?? detail.tool ?? detail.reason ?? '';
  return agent.alive ? what : `ended${agent.exit_status === null ? '' : `, exit ${agent.exit_status}`}. ${what}`;
}

function ago(ms) {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000));
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function row(agent) {
  const tr = document.createElement('tr');
  const state = cell(agent.state, 'state');
  state.dataset.class = agent.alive ? CLASSES[agent.state] : 'quiet';
  const since = cell(ago(agent.since));
  since.dataset.since = agent.since;
  const progress = agent.progress === null ? '' : `${Math.round(agent.progress)} %`;
  tr.append(cell(agent.session, 'session'), state, cell(told(agent)), cell(progress), cell(agent.kind), since);
  return tr;
}

async function load() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const answer = await fetch('/api/agents');
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.error);
    rows.replaceChildren(...body.agents.map(row));
    empty.hidden = body.count > 0;
  } catch (error) {
    link.textContent = error.message;
  }
  loading = false;
  if (again) { again = false; setTimeout(load, 100); }
}

function connect() {
  const url = new URL('/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  if (since !== null) url.searchParams.set('since', since);
  const socket = new WebSocket(url);
  socket.onopen = () => { failures = 0; link.textContent = 'Live'; };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'connected') since ??= message.seq;
    if (message.type === 'error') since = message.detail?.seq ?? since;
    if (message.seq > since) since = message.seq;
    load();
  };
  socket.onclose = () => {
    link.textContent = 'Not connected; trying again…';
    setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  };
}

setInterval(() => {
  for (const td of rows.querySelectorAll('[data-since]')) td.textContent = ago(Number(td.dataset.since));
}, 1000);
connect();
