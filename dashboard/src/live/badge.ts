// How many need a person, in the title and the icon of the tab.

const icon = (count: number) =>
  `data:image/svg+xml,${encodeURIComponent(
    '<svg xmlns="http:\/\/www.w3.org/2000/svg" viewBox="0 0 32 32"><path d="M5 27 16 5l11 22-11-7z" fill="none" stroke="#3b82d6" stroke-width="3" stroke-linejoin="round"/>' +
      (count
        ? `<circle cx="22" cy="10" r="10" fill="#e08a00"/><text x="22" y="15" font-family="sans-serif" font-size="${count > 9 ? 12 : 15}" font-weight="700" fill="#fff" text-anchor="middle">${count > 99 ? '99' : count}</text>`
        : '') +
      '</svg>',
  )}`;

let shown = -1;

/** Says it where the page is only a tab. */
export function badge(count: number, where: string): void {
  document.title = `${count ? `(${count}) ` : ''}${where} · Outrider`;
  if (count === shown) return;
  shown = count;
  document.querySelector<HTMLLinkElement>('link[rel=icon]')?.setAttribute('href', icon(count));
}
