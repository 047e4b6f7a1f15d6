import { version } from '../package_file.ts';
import { id, limit, operation, query } from './openapi_operation.ts';
import { anything, boolean, type Json, list, object, ref, schemas, text, time } from './openapi_schemas.ts';

const whose = [
  query('account', 'a login, or a sub'),
  query('client', 'given to a client'),
  query('before', 'given before a time', time),
  query('all', 'everybody’s', { const: 'true' }),
];
const client = id('client_id');
const account = id('a login, or a sub');

const clientPaths = {
  '/admin/clients': {
    get: operation({
      summary: 'list clients: those of the file on the first page, and of the database page by page',
      parameters: [query('after', '`next` of the page before'), limit],
      answer: object({ clients: list(ref('Client')), 'next?': text }),
    }),
    post: operation({
      summary: 'add a client (RFC 7591); unknown names are refused',
      body: ref('ClientMetadata'),
      status: 201,
      answer: ref('Client'),
    }),
  },
  '/admin/clients/{id}': {
    get: operation({ summary: 'read a client (RFC 7592)', parameters: [client], answer: ref('Client') }),
    put: operation({
      summary: 'replace a client’s metadata (RFC 7592); If-Match takes the ETag it was read with',
      parameters: [client],
      body: ref('ClientMetadata'),
      answer: ref('Client'),
    }),
    delete: operation({
      summary: 'remove a client, and end what it holds',
      parameters: [client],
      answer: object({ client_id: text, ended: ref('Ended') }),
    }),
  },
  '/admin/clients/{id}/disable': {
    post: operation({
      summary: 'let nobody be this client, and end what it holds',
      parameters: [client, query('keep_grants', 'true leaves grants and tokens', boolean)],
      answer: object({ client_id: text, ended: ref('Ended') }),
    }),
  },
  '/admin/clients/{id}/enable': {
    post: operation({
      summary: 'bring a disabled client back',
      parameters: [client],
      answer: object({ client_id: text }),
    }),
  },
};

const act = (summary: string, body?: Json): Json => ({
  post: operation({ summary, parameters: [account], answer: ref('Done'), ...(body && { body }) }),
});

const accountPaths = {
  '/admin/accounts': {
    get: operation({
      summary: 'list accounts',
      parameters: [limit],
      answer: object({ accounts: list(ref('Account')) }),
    }),
    post: operation({
      summary: 'add an account',
      body: object({ login: text, password: text, 'claims?': anything }),
      status: 201,
      answer: object({ login: text, sub: text }),
    }),
  },
  '/admin/accounts/{id}': {
    get: operation({ summary: 'read an account', parameters: [account], answer: ref('Account') }),
    delete: operation({
      summary: 'remove an account, and end all it holds',
      parameters: [account],
      answer: ref('Done'),
    }),
  },
  '/admin/accounts/{id}/password': act(
    'give an account a new password, and end its sessions, grants and tokens',
    object({ password: text, 'keep_sessions?': boolean }),
  ),
  '/admin/accounts/{id}/lock': act('lock an account, and end all it holds'),
  '/admin/accounts/{id}/unlock': act('let a locked account log in again'),
  '/admin/accounts/{id}/export': {
    get: operation({
      summary: 'all that is kept about a person (GDPR article 15)',
      parameters: [account],
      answer: anything,
    }),
  },
  '/admin/accounts/{id}/erase': act('delete all that is kept about a person (GDPR article 17)'),
};

const fleetPaths = {
  '/admin/grants': {
    get: operation({
      summary: 'list grants',
      parameters: [...whose, limit],
      answer: object({ grants: list(ref('Grant')) }),
    }),
    delete: operation({
      summary: 'end grants, their tokens, and sessions',
      parameters: [...whose, query('keep_sessions', 'true leaves people signed in', boolean)],
      answer: object({ ended: ref('Ended') }),
    }),
  },
  '/admin/keys': {
    get: operation({ summary: 'list the keys with their dates', answer: object({ keys: list(ref('Key')) }) }),
    post: operation({
      summary: 'add a next signing key',
      body: object({ 'alg?': text }),
      status: 201,
      answer: object({ kid: text }),
    }),
  },
  '/admin/keys/rotate': {
    post: operation({
      summary: 'let the next keys sign, as soon as they have been published long enough',
      answer: object({ signs_from: { type: 'object', additionalProperties: { type: 'integer' } } }),
    }),
  },
  '/admin/keys/{id}/promote': {
    post: operation({
      summary: 'make a next key the active one',
      parameters: [id('kid')],
      answer: object({ kid: text, purpose: text }),
    }),
  },
  '/admin/keys/{id}/retire': {
    post: operation({
      summary: 'have the next key sign instead of this one',
      parameters: [id('kid'), query('now', 'true forgets the key at once', boolean)],
      answer: object({ kid: text, what: text }),
    }),
  },
  '/admin/audit': {
    get: operation({
      summary: 'read the trail, the oldest record first',
      parameters: [
        ...['account', 'client', 'flow', 'event'].map((name) => query(name, `of this ${name}`)),
        query('since', 'a time', time),
        query('until', 'a time', time),
        limit,
      ],
      answer: object({ records: list(ref('Record')) }),
    }),
  },
  '/admin/nodes': {
    get: operation({
      summary: 'list the processes, and what is not the same on all of them',
      answer: object({ nodes: list(ref('Node')), differences: list(object({ part: text, text })) }),
    }),
  },
  '/admin/openapi.json': { get: operation({ summary: 'this document', answer: anything }) },
};

/** The document of administration over HTTP. @see [OpenAPI 3.1](https://spec.openapis.org/oas/v3.1.1.html) */
export function openapi(): Json {
  return {
    openapi: '3.1.0',
    info: { title: 'Administration of oidc-provider-fapi', version },
    security: [{ certificate: [] }, { token: [] }],
    paths: { ...clientPaths, ...accountPaths, ...fleetPaths },
    components: {
      schemas: schemas(),
      securitySchemes: {
        certificate: { type: 'mutualTLS', description: 'a certificate of an authority that management.ca names' },
        token: {
          type: 'http',
          scheme: 'DPoP',
          description: 'a sender-constrained token of scope admin, by client_credentials',
        },
      },
    },
  };
}
