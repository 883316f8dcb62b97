// xterm.js, made to show a pane that is somebody else's: it never answers what programs ask of their terminal (tmux has
// answered already), takes no mouse, and keeps the pane's own size. It is loaded when a live terminal is opened.
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { Titles } from '../words/titles';

const SCROLLBACK = 5000;
const MOST_PX = 14;
const LEAST_PX = 6;
/** Modes that make a terminal report its mouse or its focus. */
const REPORTS = new Set([9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016]);
const THEME = {
  background: '#101315', foreground: '#d7dadd', cursor: '#d7dadd', cursorAccent: '#101315', selectionBackground: '#3d5a80',
  black: '#4b5157', red: '#f0717b', green: '#7fce8d', yellow: '#e5c07b', blue: '#6cb0f6', magenta: '#cf8ef4', cyan: '#5fc7cf', white: '#c9cdd2',
  brightBlack: '#7d858d', brightRed: '#ff8d94', brightGreen: '#9ce3a8', brightYellow: '#f4d58d', brightBlue: '#92c8ff',
  brightMagenta: '#deabfb', brightCyan: '#86dee4', brightWhite: '#ffffff',
};

type Step = { picture: [number, number] } | { bytes: Uint8Array };

export class Emulator {
  private readonly terminal: Terminal;
  private titles = new Titles();
  private steps: Step[] = [];
  private busy = false;

  /** `typed` gets what the keyboard sends, `pasted` what is pasted, while that is allowed. */
  constructor(private readonly host: HTMLElement, label: string, typed: (text: string) => void, pasted: (text: string) => void) {
    this.terminal = new Terminal({
      allowProposedApi: true, scrollback: SCROLLBACK, disableStdin: true, cursorBlink: false, cursorInactiveStyle: 'outline',
      fontFamily: getComputedStyle(host).fontFamily, fontSize: MOST_PX, theme: THEME, minimumContrastRatio: 4.5,
    });
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.unicode.activeVersion = '11';
    this.silence();
    styleThroughObjects();
    withoutStyleElements(() => this.terminal.open(host));
    this.terminal.textarea?.setAttribute('aria-label', label);
    this.terminal.onData(typed);
    host.addEventListener('paste', (event) => {
      event.preventDefault();
      event.stopPropagation();
      if (!this.terminal.options.disableStdin) pasted(event.clipboardData?.getData('text/plain') ?? '');
    }, { capture: true });
  }

  /** What follows is drawn on an empty terminal of that size. */
  picture(cols: number, rows: number): void {
    this.steps.push({ picture: [cols, rows] });
    this.go();
  }

  bytes(data: Uint8Array): void {
    this.steps.push({ bytes: data });
    this.go();
  }

  allow(typing: boolean): void {
    this.terminal.options.disableStdin = !typing;
    this.terminal.options.cursorBlink = typing && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (typing) this.terminal.focus();
  }

  /** Makes the letters as large as lets the pane's width fit; its size is never changed. */
  fit(): void {
    const screen = this.host.querySelector<HTMLElement>('.xterm-screen');
    if (!screen || !screen.offsetWidth || !this.host.clientWidth) return;
    const size = this.terminal.options.fontSize ?? MOST_PX;
    const wanted = (size * (this.host.clientWidth - 14)) / screen.offsetWidth;
    const next = Math.max(LEAST_PX, Math.min(MOST_PX, Math.floor(wanted * 4) / 4));
    if (Math.abs(next - size) >= 0.25) this.terminal.options.fontSize = next;
  }

  close(): void {
    this.steps = [];
    this.terminal.dispose();
  }

  /** One step after another: a change of size must not overtake the bytes before it. */
  private go(): void {
    if (this.busy) return;
    const step = this.steps.shift();
    if (!step) return;
    this.busy = true;
    const done = () => {
      this.busy = false;
      this.go();
    };
    if ('bytes' in step) return this.terminal.write(this.titles.passOver(step.bytes), done);
    this.titles = new Titles();
    this.terminal.write('\x1bc', () => {
      this.terminal.clear();
      this.terminal.resize(...step.picture);
      this.fit();
      done();
    });
  }

  private silence(): void {
    const { parser } = this.terminal;
    const mute = () => true;
    for (const id of [{ final: 'c' }, { prefix: '>', final: 'c' }, { prefix: '=', final: 'c' }, { final: 'n' }, { prefix: '?', final: 'n' }, { prefix: '>', final: 'q' }]) parser.registerCsiHandler(id, mute);
    for (const prefix of ['', '?']) parser.registerCsiHandler({ ...(prefix && { prefix }), intermediates: '$', final: 'p' }, mute);
    parser.registerDcsHandler({ intermediates: '$', final: 'q' }, mute);
    for (const number of [4, 10, 11, 12]) parser.registerOscHandler(number, (data) => data.includes('?'));
    parser.registerOscHandler(52, mute); // the clipboard is the person's
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, (params) => params.every((one) => typeof one === 'number' && REPORTS.has(one)));
  }
}

/**
 * xterm.js sets colours of 24 bits by `style` attributes, which the page's content policy refuses. The same text set on the
 * style object is allowed, so that is what happens to spans from the first terminal on.
 */
function styleThroughObjects(): void {
  HTMLSpanElement.prototype.setAttribute = function (name: string, value: string) {
    if (name === 'style') this.style.cssText = value;
    else Element.prototype.setAttribute.call(this, name, value);
  };
}

/**
 * The page's content policy allows no style elements, and needs none: what would be one while `run` runs is an empty element
 * whose text goes into a style sheet of the document.
 */
function withoutStyleElements(run: () => void): void {
  const make = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => (name === 'style' ? sheet(make('span')) : make(name, options))) as typeof make;
  try {
    run();
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
}

function sheet(element: HTMLElement): HTMLElement {
  const style = new CSSStyleSheet();
  document.adoptedStyleSheets.push(style);
  element.hidden = true;
  Object.defineProperty(element, 'textContent', { set: (text: string) => style.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== style);
    Element.prototype.remove.call(element);
  };
  return element;
}
