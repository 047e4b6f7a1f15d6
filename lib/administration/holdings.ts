import type { OidcStore } from '../store/open_store.ts';

const iso = (seconds: unknown) => (typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : undefined);

/** Lists what a person holds, without anything that lets its reader act for them. */
export async function holdings(store: OidcStore, account: string) {
  const sessions: object[] = [];
  for await (const page of store.held('Session', { account })) {
    for (const { loginTs, exp, amr, acr, authorizations } of page) {
      sessions.push({
        signed_in_at: iso(loginTs),
        expires_at: iso(exp),
        amr,
        acr,
        clients: Object.keys(authorizations ?? {}),
      });
    }
  }
  const grants: object[] = [];
  for await (const page of store.held('Grant', { account })) {
    for (const { clientId, iat, exp, openid, resources, rar } of page) {
      grants.push({
        client_id: clientId,
        given_at: iso(iat),
        expires_at: iso(exp),
        openid,
        resources,
        authorization_details: rar,
      });
    }
  }
  return { sessions, grants };
}
