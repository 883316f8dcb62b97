// Events in words.
import type { Detail, Event } from '../api/client';
import { look, type Tone } from './states';
import { span } from './time';

type Told = Event & {
  state?: string; detail?: Detail; progress?: number | null; source?: string; done?: number; total?: number; reason?: string | null; idleTime?: number;
  command?: string; by?: string; kind?: string; exitStatus?: number | null; message?: string | null; answer?: string; error?: string;
};

export interface Line {
  word: string;
  tone: Tone;
  text: string;
}

const short = (text: string) => (text.length > 160 ? `${text.slice(0, 159)}…` : text);

/** An event as a line of the timeline; null for one that another line says already. */
export function line(event: Event): Line | null {
  const told = event as Told;
  const detail = told.detail ?? {};
  const about = short([detail.question ?? detail.tool ?? detail.message ?? '', detail.command ?? detail.file ?? ''].filter(Boolean).join(' '));
  switch (told.event) {
    case 'state_change': {
      const { word, tone } = look(told.state ?? '');
      return { word, tone, text: about };
    }
    case 'agent_waiting': case 'agent_complete': case 'agent_error': return null;
    case 'agent_stuck': return { word: 'stuck', tone: 'needs', text: `${told.reason ?? ''}, still for ${span(told.idleTime ?? 0)}` };
    case 'progress': {
      const items = told.total ? ` (${told.done} of ${told.total})` : '';
      return { word: 'progress', tone: 'good', text: told.progress == null ? 'unknown' : `${Math.round(told.progress)} %${items}` };
    }
    case 'agent_spawned': return { word: 'spawned', tone: 'quiet', text: told.kind ?? '' };
    case 'agent_adopted': return { word: 'adopted', tone: 'quiet', text: told.kind ?? '' };
    case 'agent_exited': {
      const status = told.exitStatus == null ? '' : `status ${told.exitStatus}`;
      return { word: 'exited', tone: told.exitStatus ? 'bad' : 'quiet', text: [status, told.message].filter(Boolean).join(', ') };
    }
    case 'agent_killed': return { word: 'killed', tone: 'quiet', text: told.by ? `by ${told.by}` : '' };
    case 'agent_forgotten': return { word: 'forgotten', tone: 'quiet', text: told.by ? `by ${told.by}` : '' };
    case 'cleanup_announced': return { word: 'to be archived', tone: 'needs', text: told.message ?? '' };
    case 'cleanup_withdrawn': return { word: 'kept', tone: 'quiet', text: told.message ?? '' };
    case 'agent_archived': return { word: 'archived', tone: 'quiet', text: told.message ?? '' };
    case 'approval_answered': return { word: 'answered', tone: 'good', text: [told.answer, told.by && `by ${told.by}`].filter(Boolean).join(', ') };
    case 'command_queued': return { word: 'queued', tone: 'quiet', text: short(told.command ?? '') };
    case 'command_sent': return { word: 'sent', tone: 'good', text: short(told.command ?? '') };
    case 'command_failed': return { word: 'not sent', tone: 'bad', text: short(told.command ?? '') };
    case 'command_uncertain': return { word: 'uncertain', tone: 'needs', text: short(told.command ?? '') };
    default: return { word: told.event, tone: 'quiet', text: told.message ?? '' };
  }
}
