// A link's code stands behind #, so that it reaches no server's log; it is used by a press of the button only, because
// chat programs open links by themselves to show what is behind them.
const open = document.getElementById('open');
const paste = document.getElementById('paste');
const said = document.getElementById('said');

async function login(body) {
  said.textContent = '';
  let answer;
  try {
    answer = await fetch('/api/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  } catch {
    said.textContent = 'Outrider does not answer. Is it running?';
    return;
  }
  if (answer.ok) {
    location.replace('/');
    return;
  }
  const told = await answer.json().catch(() => ({}));
  said.textContent = told.error ?? `Outrider answered ${answer.status}.`;
  choose('');
}

function choose(code) {
  open.hidden = !code;
  paste.hidden = !!code;
}

choose(location.hash.slice(1));
addEventListener('hashchange', () => choose(location.hash.slice(1)));
open.addEventListener('submit', (event) => {
  event.preventDefault();
  const code = location.hash.slice(1);
  history.replaceState(null, '', '/login');
  void login({ code });
});
paste.addEventListener('submit', (event) => {
  event.preventDefault();
  const secret = new FormData(paste).get('secret').trim();
  const code = secret.includes('#') ? secret.split('#')[1] : '';
  void login(code ? { code } : { token: secret });
});
