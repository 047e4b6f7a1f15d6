import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

import type { Context } from 'koa';

import { isLocalHost } from '../http/address.ts';
import { guard, type Protection } from '../resource/index.ts';

/** The scope of a token that administers. */
export const ADMIN = 'admin';

/** Ways in which somebody may show who they are. */
export interface Admitting {
  /** True where the listener asks for certificates: whoever shows one that its TLS has verified is an administrator. */
  readonly certificates: boolean;
  /** How tokens are looked at; without it none is taken. */
  readonly tokens?: Omit<Protection<IncomingMessage>, 'scope'> | undefined;
  /**
   * Answers true for a client whose own metadata name the scope: any client may ask for a scope that its metadata do
   * not limit.
   */
  readonly mayAdminister: (client_id: string) => Promise<boolean>;
}

/** The name of somebody who may administer, or the answer for somebody who may not. */
export type Admission =
  | { readonly by: string }
  | { readonly by: undefined; readonly status: 401 | 403 | 503; readonly text: string; readonly headers?: object };

const no = (status: 401 | 403, text: string): Admission => ({ by: undefined, status, text });

/**
 * A page in a browser of this machine reaches the loopback, too: it says where it is from, or came by another name, which
 * somebody may have led here.
 */
function fromPage({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return headers.origin !== undefined || (site !== undefined && site !== 'none') || !isLocalHost(headers.host);
}

/** The certificate's subject, in one line. */
function subjectOf(socket: TLSSocket): string {
  const subject = socket.getPeerX509Certificate()?.subject ?? '';
  return subject.split('\n').reverse().join(',');
}

/**
 * Finds who administers: by a certificate of `management.ca`, or by a sender-constrained token that a client has on its own
 * account, of scope `admin`. Where the file names no authority, the listener is on the loopback: whoever works on the
 * machine may, pages in its browsers may not.
 */
export function admission({ certificates, tokens, mayAdminister }: Admitting): (ctx: Context) => Promise<Admission> {
  const judge = tokens && guard<IncomingMessage>({ ...tokens, scope: ADMIN });
  return async function admit({ req }) {
    if (judge && req.headers.authorization !== undefined) {
      const verdict = await judge(req);
      if (!verdict.token) {
        const { status, error, headers } = verdict;
        return {
          by: undefined,
          status: status === 503 ? 503 : status === 403 ? 403 : 401,
          text: error.message,
          headers,
        };
      }
      const { client_id, sub } = verdict.token;
      if (sub !== undefined)
        return no(403, 'a token of a person does not administer: ask for one by client_credentials');
      if (!(await mayAdminister(client_id)))
        return no(403, `the metadata of ${client_id} do not name the scope ${ADMIN}`);
      return { by: `${client_id} by token` };
    }
    if (certificates) {
      const socket = req.socket as TLSSocket;
      if (socket.authorized) return { by: `${subjectOf(socket)} by certificate` };
      return no(401, 'show a certificate of an authority that management.ca names, or a token of scope admin');
    }
    if (fromPage(req)) return no(403, 'pages of a browser do not administer');
    return { by: 'this machine, over HTTP' };
  };
}
