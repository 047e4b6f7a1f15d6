import { hash } from 'node:crypto';

import type { AdapterPayload } from 'oidc-provider';

import { modelOf } from './models.ts';
import { rowId } from './row.ts';

// In hex, since base64url may begin with a dash, and a command line takes that for an option.
const named = (requestRow: string) => hash('sha256', `flow\0${requestRow}`, 'hex').slice(0, 32);

/**
 * The flow a row belongs to, which is named after the pushed request it began with; the name does not lead back to the
 * request_uri. Codes and tokens carry it with them.
 */
export function flowOf(model: string, id: string, { parJti }: AdapterPayload): string | undefined {
  if (modelOf(model).spent === 'request') return named(id);
  return typeof parJti === 'string' ? named(rowId('PushedAuthorizationRequest', parJti)) : undefined;
}
