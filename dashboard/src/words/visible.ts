// What agents say is shown as it is, and can do nothing: characters that would hide, reorder or ring become pictures of themselves.

const BIDI: Record<string, string> = {
  '\u061c': '⟨ALM⟩', '\u200e': '⟨LRM⟩', '\u200f': '⟨RLM⟩',
  '\u202a': '⟨LRE⟩', '\u202b': '⟨RLE⟩', '\u202c': '⟨PDF⟩', '\u202d': '⟨LRO⟩', '\u202e': '⟨RLO⟩',
  '\u2066': '⟨LRI⟩', '\u2067': '⟨RLI⟩', '\u2068': '⟨FSI⟩', '\u2069': '⟨PDI⟩',
  '\u200b': '⟨ZWSP⟩', '\ufeff': '⟨BOM⟩', '\u2028': '⟨LS⟩', '\u2029': '⟨PS⟩',
};
// eslint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The text with control and bidi characters drawn (`␛`, `⟨RLO⟩`). Line feeds and tabs stay; a carriage return before a line feed goes. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(HIDDEN, (one) => {
    const code = one.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '␡';
    return BIDI[one] ?? `⟨${code.toString(16).toUpperCase().padStart(2, '0')}⟩`;
  });
}
