// Dialogs that wait for a person, and their answers. A daemon that has none of this answers 404: then there is nothing to show.
import { Refusal, api, ask, type Approval } from './client';

/** All that wait, oldest first; null where this daemon has no approvals. */
export async function waiting(): Promise<Approval[] | null> {
  try {
    return (await ask(api.GET('/api/approvals', { params: { query: { limit: 500 } } }))).approvals;
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

/** Answers one: an option's label, its number, `approve` or `deny`. Comes back once the dialog is seen gone. */
export async function answer(id: string, said: string): Promise<void> {
  await ask(api.POST('/api/approvals/{approval_id}', { params: { path: { approval_id: id } }, body: { answer: said } }));
}
