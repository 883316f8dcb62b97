// Times for people. In: Unix milliseconds; out: short English.

/** How long: `12 s`, `4 min`, `2 h 10 min`, `3 days`. Never negative. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 10 && minutes % 60) return `${hours} h ${minutes % 60} min`;
  if (hours < 48) return `${hours} h`;
  return `${Math.floor(hours / 24)} days`;
}

const two = (number: number) => String(number).padStart(2, '0');
/** Made once: to make one anew for each time costs more than everything else that a card draws. */
const dayAndMonth = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short' });

/** The time of day, with the date where it is not today's. */
export function moment(ms: number, now: number): string {
  const [then, today] = [new Date(ms), new Date(now)];
  const time = `${two(then.getHours())}:${two(then.getMinutes())}:${two(then.getSeconds())}`;
  const same = then.getDate() === today.getDate() && then.getMonth() === today.getMonth() && then.getFullYear() === today.getFullYear();
  return same ? time : `${dayAndMonth.format(then)} ${time}`;
}
