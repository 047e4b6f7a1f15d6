import { errors } from 'oidc-provider';

import { memberName } from './detail_bounds.ts';
import { depthOf, memberTwice } from './json.ts';
import { isCompact } from './jwt.ts';

/** Levels of objects and lists at most; the claims parameter of OpenID Connect needs four. */
const deepest = 16;

function invalid(text: string): never {
  throw new errors.InvalidRequestObject(`Request Object ${text}`);
}

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

/** Claims that are of another type than text. */
const types: Readonly<Record<string, [what: string, is: (value: unknown) => boolean]>> = {
  aud: ['a text or a list of texts', (value) => isText(value) || isTexts(value)],
  resource: ['a text or a list of texts', (value) => isText(value) || isTexts(value)],
  claims: ['an object', (value) => isObject(value) || isText(value)],
  authorization_details: ['a list', (value) => Array.isArray(value) || isText(value)],
  max_age: ['a number', (value) => isNumber(value) || isText(value)],
  requested_expiry: ['a number', (value) => isNumber(value) || isText(value)],
  exp: ['a number', isNumber],
  nbf: ['a number', isNumber],
  iat: ['a number', isNumber],
};

const texts = [
  ...['client_id', 'response_type', 'response_mode', 'redirect_uri', 'scope', 'state', 'nonce', 'prompt', 'display'],
  ...['code_challenge', 'code_challenge_method', 'dpop_jkt', 'login_hint', 'id_token_hint', 'login_hint_token'],
  ...['ui_locales', 'claims_locales', 'acr_values', 'registration', 'request', 'request_uri', 'web_message_uri'],
  ...['binding_message', 'client_notification_token', 'user_code', 'request_context', 'iss', 'sub', 'jti'],
];
const text = new Set(texts);

function fault(name: string, value: unknown): string | undefined {
  // What is null was left out.
  if (value === null) return undefined;
  // A claim may have the name of what every object has, such as constructor.
  const known = Object.hasOwn(types, name) ? types[name] : undefined;
  const [what, is] = known ?? (text.has(name) ? ['a text', isText] : []);
  return is && !is(value) ? `${name} must be ${what}` : undefined;
}

/**
 * Reads the claims of a request object, each of the type its parameter has: core would turn anything into text. Core
 * verifies the signature and the times.
 *
 * @param others further parameters the deployment knows: text, number or yes and no
 * @throws {InvalidRequestObject} where one is of another type, stands twice or is nested too deeply.
 * @see [RFC 9101 section 4 - Request Object](https://www.rfc-editor.org/rfc/rfc9101.html#section-4)
 */
export function claimsOf(request: string, others: readonly string[] = []): Readonly<Record<string, unknown>> {
  if (!isCompact(request)) invalid('is no JWT in compact serialization, base64url without padding');
  const parts = request.split('.');
  // An encrypted one is core's to open.
  if (parts.length !== 3) return {};
  const [header = '', json = ''] = parts.map((part) => Buffer.from(part, 'base64url').toString());
  if (depthOf(json) > deepest) invalid(`must not be nested deeper than ${deepest} levels`);
  const twice = memberTwice(json) ?? memberTwice(header);
  if (twice !== undefined) invalid(`must not have ${memberName([twice])} twice in one object`);
  let claims: unknown;
  try {
    claims = JSON.parse(json);
  } catch {
    invalid('has no JSON as payload');
  }
  if (!isObject(claims)) invalid('has no JSON object as payload');
  for (const [name, value] of Object.entries(claims as object)) {
    const wrong = fault(name, value);
    if (wrong) invalid(wrong);
    if (others.includes(name) && typeof value === 'object' && value !== null) invalid(`${name} must be a text`);
  }
  return claims as Record<string, unknown>;
}

/**
 * Takes parameters that are null in a request object for left out. Core writes the text "null" into them right after it
 * has called the hook that calls this: one assignment of that value is ignored.
 */
export function leaveOutNulls(params: object, claims: object): void {
  for (const [name, value] of Object.entries(claims)) {
    if (value !== null || !(name in params)) continue;
    Object.defineProperty(params, name, {
      configurable: true,
      enumerable: true,
      get: () => undefined,
      set() {
        Object.defineProperty(params, name, { configurable: true, enumerable: true, writable: true, value: undefined });
      },
    });
  }
}

/**
 * Checks a JSON parameter of a form.
 *
 * @throws {InvalidRequest | InvalidAuthorizationDetails} where it is nested too deeply, or a member stands twice.
 */
export function checkJson(name: string, json: string): void {
  const Refusal = name === 'authorization_details' ? errors.InvalidAuthorizationDetails : errors.InvalidRequest;
  if (depthOf(json) > deepest) throw new Refusal(`${name} must not be nested deeper than ${deepest} levels`);
  const twice = memberTwice(json);
  if (twice !== undefined) throw new Refusal(`${name} must not have ${memberName([twice])} twice in one object`);
}
