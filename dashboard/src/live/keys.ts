// Keys for the whole page: they rest while somebody types, while a dialog is open, and with Ctrl, Alt or Meta held.
import { onMount } from 'svelte';

const TYPING = 'input, textarea, select, [contenteditable]';

/** Runs what a key stands for while the component is there. */
export function onKey(keys: Readonly<Record<string, () => void>>): void {
  onMount(() => {
    const pressed = (event: KeyboardEvent) => {
      const at = event.target;
      if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector('dialog[open]')) return;
      if (at instanceof Element && at.closest(TYPING)) return;
      // Enter and the space bar belong to what has the focus.
      if ((event.key === 'Enter' || event.key === ' ') && at instanceof Element && at.closest('a, button, summary')) return;
      const run = keys[event.key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  });
}
