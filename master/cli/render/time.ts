// Times and durations in words; the present is always given.

/** `640 ms`, `8.2 s`, `3 m 04 s`, `2 h 10 m`, `4 d 3 h`. */
export function duration(ms: number): string {
  const whole = Math.max(0, ms);
  if (whole < 1_000) return `${Math.round(whole)} ms`;
  if (whole < 59_950) return `${(whole / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(whole / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
  return `${Math.floor(minutes / 1_440)} d ${Math.floor((minutes % 1_440) / 60)} h`;
}

/** A running clock that keeps its width: `0:07`, `12:03`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** `just now`, `12 s ago`, `3 m ago`, `5 h ago`, `2 d ago`. */
export function ago(at: number, now: number): string {
  const seconds = Math.floor((now - at) / 1_000);
  if (seconds < 2) return 'just now';
  return `${coarse(seconds)} ago`;
}

/** `12 s`, `3 m`, `5 h`, `2 d`. */
export function coarse(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `08:40:05` in UTC. */
export const timeOfDay = (at: number): string => new Date(at).toISOString().slice(11, 19);

/** `2026-11-24 08:40:05` in UTC. */
export const dateAndTime = (at: number): string =>
  new Date(at).toISOString().slice(0, 19).replace('T', ' ');

/** `08:50 UTC`, with the day where that is more than one away. */
export function momentOf(at: number, now: number): string {
  const full = dateAndTime(at).slice(0, 16);
  return `${Math.abs(at - now) < 86_400_000 ? full.slice(11) : full} UTC`;
}

const two = (value: number): string => String(value).padStart(2, '0');
