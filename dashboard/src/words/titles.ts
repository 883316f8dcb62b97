// tmux's own way to set a title, ESC k TITLE ESC \, is no sequence elsewhere: the title would be drawn. As ESC X it is passed over.

const ESC = 0x1b;
const K = 0x6b;
const X = 0x58;

/** Rewrites a stream of bytes, however it is cut; keeps lengths. */
export class Titles {
  private escaped = false;

  passOver(data: Uint8Array): Uint8Array {
    for (let at = 0; at < data.length; at += 1) {
      if (this.escaped && data[at] === K) data[at] = X;
      this.escaped = data[at] === ESC;
    }
    return data;
  }
}
