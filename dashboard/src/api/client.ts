// The HTTP API, typed from its own description. Every failure comes out as a Refusal with a sentence for a person.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

type Schemas = components['schemas'];
export type Agent = Schemas['AgentJSON'];
export type Approval = Schemas['ApprovalJSON'];
export type Command = Schemas['CommandJSON'];
export type Detail = Schemas['DetailJSON'];
export type Evidence = Schemas['EvidenceJSON'];
export type Kind = Schemas['KindJSON'];
export type Progress = Schemas['ProgressJSON'];
export type Spawn = Schemas['SpawnBody'];
export type Why = Schemas['WhyJSON'];
/** One event of the journal; what its own fields are depends on its name. */
export type Event = Schemas['EventJSON'];

const PATIENCE_MS = 30_000;

export const api = createClient<paths>({
  fetch: (request) => fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) }),
});

/** Why something was not done. `code` is the API's own, or `unreachable`; `status` is 0 where nothing answered. */
export class Refusal extends Error {
  constructor(sentence: string, readonly code: string, readonly status: number) {
    super(sentence);
  }
}

/** What was asked for, or a Refusal. */
export async function ask<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let got;
  try {
    got = await asked;
  } catch {
    throw new Refusal('The daemon does not answer. Is it running? Start it with: outrider up', 'unreachable', 0);
  }
  if (got.response.ok) return got.data as T;
  if (got.response.status === 401) location.replace('/login');
  throw refusal(got.response, got.error);
}

/** The refusal that an error's body tells of. */
export function refusal(response: Response, body: unknown): Refusal {
  const said = (body ?? {}) as { error?: string; code?: string };
  return new Refusal(said.error ?? `The daemon answered ${response.status}.`, said.code ?? 'failed', response.status);
}

/** The sentence of whatever was thrown. */
export function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
