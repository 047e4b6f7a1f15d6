import { clientId, request } from './client.ts';
import { Connection, type Target } from './connection.ts';

/** Paths, from the discovery document. */
export interface Endpoints {
  readonly push: string;
  readonly authorize: string;
  readonly token: string;
  readonly userinfo: string;
}

export async function discover(target: Target): Promise<Endpoints> {
  const connection = await Connection.open(target);
  const { body } = await connection.send(request('GET', '/.well-known/openid-configuration', {}));
  connection.close();
  const endpoints = JSON.parse(body) as Record<string, string>;
  const path = (name: string) => new URL(endpoints[name] ?? '').pathname;
  return {
    push: path('pushed_authorization_request_endpoint'),
    authorize: path('authorization_endpoint'),
    token: path('token_endpoint'),
    userinfo: path('userinfo_endpoint'),
  };
}

export function authorizationRequest({ authorize }: Endpoints, requestUri: string): string {
  return `${authorize}?${new URLSearchParams({ client_id: clientId, request_uri: requestUri })}`;
}
