// The ten states, and that of an agent which has ended: one word, one tone, one shape each, so that colour never carries it alone.

export type Tone = 'needs' | 'bad' | 'busy' | 'good' | 'quiet';

export interface Look {
  word: string;
  tone: Tone;
  /** Paths in a box of 16 by 16, stroked in the current colour. */
  shape: string;
  /** What it means, in a line. */
  means: string;
}

export const STATES: Readonly<Record<string, Look>> = {
  waiting: { word: 'waiting', tone: 'needs', shape: 'M8 1.5 14.5 8 8 14.5 1.5 8zM8 5v3.6M8 10.9v.2', means: 'needs a person to answer' },
  stuck: { word: 'stuck', tone: 'needs', shape: 'M3.5 1.5h9M3.5 14.5h9M4.5 1.5c0 4 3.5 4.5 3.5 6.5s-3.5 2.5-3.5 6.5M11.5 1.5C11.5 5.5 8 6 8 8s3.5 2.5 3.5 6.5', means: 'should be moving and is not' },
  error: { word: 'error', tone: 'bad', shape: 'M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5zM5.5 5.5l5 5M10.5 5.5l-5 5', means: 'the agent or what it runs on failed' },
  initializing: { word: 'starting', tone: 'quiet', shape: 'M8 1.5v3M8 11.5v3M1.5 8h3M11.5 8h3M3.4 3.4l2.1 2.1M10.5 10.5l2.1 2.1', means: 'started, not yet ready for a prompt' },
  reading: { word: 'reading', tone: 'busy', shape: 'M8 4C6.5 2.7 4 2.3 1.5 2.5v10C4 12.3 6.5 12.7 8 14c1.5-1.3 4-1.7 6.5-1.5v-10C12 2.3 9.5 2.7 8 4zM8 4v10', means: 'reads or searches' },
  thinking: { word: 'thinking', tone: 'busy', shape: 'M2.5 8a.6.6 0 1 0 .01 0zM8 8a.6.6 0 1 0 .01 0zM13.5 8a.6.6 0 1 0 .01 0z', means: 'the model is generating' },
  working: { word: 'working', tone: 'busy', shape: 'M4.5 2.5 12.5 8l-8 5.5z', means: 'writes, edits, runs commands' },
  testing: { word: 'testing', tone: 'busy', shape: 'M5.5 1.5h5M6.5 1.5v5L2.5 14.5h11L9.5 6.5v-5M4.6 10.5h6.8', means: 'runs tests or checks' },
  complete: { word: 'complete', tone: 'good', shape: 'M8 1.5a6.5 6.5 0 1 0 .01 0zM5 8.2l2.2 2.2L11 6', means: 'finished what it was asked' },
  idle: { word: 'idle', tone: 'quiet', shape: 'M8 1.5a6.5 6.5 0 1 0 .01 0z', means: 'ready, nothing asked of it' },
};

export const ENDED: Look = { word: 'ended', tone: 'quiet', shape: 'M2.5 2.5h11v11h-11zM5.5 8h5', means: 'its program is not running any more' };

const UNKNOWN: Look = { word: 'unknown', tone: 'quiet', shape: 'M8 1.5a6.5 6.5 0 1 0 .01 0zM6 6a2 2 0 1 1 2 2.2v1M8 11.4v.1', means: 'a state that this page does not know' };

/** How a state looks; one that is not known here is shown by its own name. */
export function look(state: string, alive = true): Look {
  if (!alive && state !== 'error') return ENDED;
  return STATES[state] ?? { ...UNKNOWN, word: state };
}
