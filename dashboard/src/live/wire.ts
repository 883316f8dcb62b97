// The connection of one live terminal: opened, kept open, and opened again after a pause when it was lost.

export type Link = { is: 'connecting' } | { is: 'live' } | { is: 'lost' } | { is: 'over'; why: string };

/** Who may type: the name of who has control, whether that is this page, and whether this person may have it at all. */
export interface Control {
  holder: string | null;
  you: boolean;
  may: boolean;
}

export interface Heard {
  link(link: Link): void;
  picture(cols: number, rows: number): void;
  bytes(data: Uint8Array): void;
  control(control: Control): void;
  refused(sentence: string): void;
}

export interface Line {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Around {
  open(): Line;
  later(ms: number, run: () => void): () => void;
}

const REVOKED = 4001;
const FIRST_MS = 500;
const MOST_MS = 8000;
/** As many characters as the daemon takes at once, at most. */
const PIECE = 8192;

export class Wire {
  private line: Line | null = null;
  private pause = FIRST_MS;
  private cancel = () => {};
  private over = false;

  constructor(private readonly around: Around, private readonly heard: Heard) {}

  start(): void {
    this.over = false;
    this.heard.link({ is: 'connecting' });
    const line = this.around.open();
    this.line = line;
    line.binaryType = 'arraybuffer';
    line.onmessage = ({ data }) => {
      if (line !== this.line) return;
      if (typeof data === 'string') this.take(JSON.parse(data));
      else this.heard.bytes(new Uint8Array(data as ArrayBuffer));
    };
    line.onclose = ({ code }) => {
      if (line !== this.line) return;
      this.line = null;
      this.heard.control({ holder: null, you: false, may: false });
      if (this.over) return;
      if (code === REVOKED) return this.heard.link({ is: 'over', why: 'Your token was revoked.' });
      this.heard.link({ is: 'lost' });
      this.cancel = this.around.later(this.pause, () => this.start());
      this.pause = Math.min(MOST_MS, this.pause * 2);
    };
  }

  stop(): void {
    this.cancel();
    const line = this.line;
    this.line = null;
    line?.close();
  }

  takeControl(): void {
    this.say({ type: 'take' });
  }

  release(): void {
    this.say({ type: 'release' });
  }

  /** What the keyboard sent. */
  keys(text: string): void {
    for (let at = 0; at < text.length; at += PIECE) this.say({ type: 'keys', text: text.slice(at, at + PIECE) });
  }

  /** A text from the clipboard; it arrives as one. */
  paste(text: string): void {
    if (text) this.say({ type: 'paste', text });
  }

  private say(message: object): void {
    this.line?.send(JSON.stringify(message));
  }

  private take(said: { type: string; cols: number; rows: number; why: string; error: string } & Control): void {
    if (said.type === 'picture') {
      this.pause = FIRST_MS;
      this.heard.link({ is: 'live' });
      this.heard.picture(said.cols, said.rows);
    } else if (said.type === 'control') this.heard.control({ holder: said.holder, you: said.you, may: said.may });
    else if (said.type === 'error') this.heard.refused(said.error);
    else if (said.type === 'end') {
      this.over = true;
      this.heard.link({ is: 'over', why: said.why });
    }
  }
}
