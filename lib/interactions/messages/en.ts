/** Every text of the pages, in English; `{name}` stands for a value. Other languages have the same keys. */
export const en = {
  error_title: 'Error: {title}',

  sign_in: 'Sign in',
  continue_to: 'to continue to {client}',
  login: 'Login',
  password: 'Password',
  stay_signed_in: 'Stay signed in on this device',
  continue: 'Continue',
  cancel: 'Cancel',
  enter_both: 'Enter your login and your password.',
  wrong: 'Login or password is wrong.',
  too_many: 'Too many attempts. Try again {when}.',
  busy: 'Many people are signing in. Try again in a moment.',
  locked: 'This account is locked. Ask the service.',
  another_account: 'The application asks for another account than the one you signed in with.',
  page_changed: 'This page has changed in the meantime. Please look at it again and decide.',
  choose_button: 'Choose one of the buttons.',

  allow_access: 'Allow access?',
  asks: '{client} asks for the following.',
  asks_account: '{client} asks for the following from your account {login}.',
  allow: 'Allow',
  deny: 'Deny',
  ask_again: 'Ask me again next time',
  go_back: 'You go back to {place} either way.',
  choose_one: 'Choose at least one, or deny the request.',
  everything: 'Everything that is asked for',
  untold: 'Further members: {count}',
  at_resource: 'At {resource}',
  allowed_before: 'You have allowed this before',
  purpose: 'Purpose',
  see_details: 'See these details about you',
  lasting: 'Keep this access while you are away',
  lasting_session: 'Keep this access until you sign out here',
  until: 'Until {when}',

  about_application: 'About the application',
  privacy_policy: 'Privacy policy',
  terms_of_service: 'Terms of service',

  fact_error: 'Error',
  fact_details: 'Details',
  fact_reference: 'Reference',
  closed_title: 'This sign-in is no longer open',
  closed_text: 'It took too long, was finished already, or was started in another browser.',
  closed_advice:
    'Go back to the application you came from and start again. Use one browser, with cookies allowed, from beginning to end.',
  server_error_title: 'Something went wrong',
  server_error_text: 'The sign-in service could not answer.',
  server_error_advice: 'Try again in a moment. If it happens again, tell the service what stands below.',
  temporarily_unavailable_title: 'Not available at the moment',
  temporarily_unavailable_text: 'The sign-in service cannot answer right now.',
  temporarily_unavailable_advice: 'Wait a moment, then reload this page.',
  too_many_title: 'Asked too often',
  too_many_text: 'The sign-in service got more requests from your network than it answers.',
  too_many_advice: 'Wait a minute, then reload this page.',
  request_uri_expired_title: 'This link has expired',
  request_uri_expired_text: 'A link to sign in works for a short time, and once.',
  request_uri_expired_advice: 'Go back to the application you came from and start again.',
  request_uri_unknown_title: 'This link does not work',
  request_uri_unknown_text: 'It is not whole, or it is for another service.',
  request_uri_unknown_advice: 'Go back to the application you came from and start again.',
  invalid_request_uri_title: 'This link was used already',
  invalid_request_uri_text: 'A link to sign in works once, and for a short time.',
  invalid_request_uri_advice: 'Go back to the application you came from and start again.',
  login_required_title: 'Another account is asked for',
  login_required_text: 'The application asks for another account than the one you signed in with.',
  login_required_advice: 'Go back to the application you came from and start again, with the account it knows you by.',
  mistake_title: 'The request could not be understood',
  mistake_text: 'The application you came from sent something this service does not accept.',
  mistake_advice:
    'Go back to the application you came from and start again. If it happens again, tell the application what stands below.',

  for_developers: 'For developers of applications:',
  document_metadata: 'Metadata of this server',
  document_keys: 'Its public keys',
  document_refusals: 'Why a request was refused, and what to do',
  no_page_title: 'There is no such page',
  no_page_text: 'The address is not whole, or it is of something that is over.',
  no_page_advice: 'Go back to the application you came from and start again.',

  sign_out_question: 'Sign out?',
  signed_in_at: 'You are signed in at {name}.',
  sign_out: 'Sign out',
  stay: 'Stay signed in',
  access_ended_title: 'Access has ended',
  access_ended_text: '{client} no longer has access through this sign-in. You are still signed in at {name}.',
  nothing_changed_title: 'Nothing has changed',
  nothing_changed_text: 'You are still signed in at {name}.',
  signed_out_title: 'You are signed out',
  signed_out_text: 'You may close this window.',

  /**
   * Words for scopes.
   *
   * @see [OpenID Connect Core section 5.4](https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims)
   */
  scopes: {
    openid: 'Recognise you when you come back',
    profile: 'See your name and profile',
    email: 'See your email address',
    address: 'See your postal address',
    phone: 'See your phone number',
  },

  /**
   * Words for claims.
   *
   * @see [OpenID Connect Core section 5.1](https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims)
   */
  claims: {
    name: 'full name',
    given_name: 'first name',
    family_name: 'last name',
    middle_name: 'middle name',
    nickname: 'nickname',
    preferred_username: 'user name',
    profile: 'profile page',
    picture: 'profile picture',
    website: 'web site',
    email: 'email',
    email_verified: 'whether your email address was verified',
    gender: 'gender',
    birthdate: 'date of birth',
    zoneinfo: 'time zone',
    locale: 'language',
    phone_number: 'phone number',
    phone_number_verified: 'whether your phone number was verified',
    address: 'postal address',
    updated_at: 'when your details last changed',
  },
};

/** Every text of the pages in one language. */
export type Messages = {
  readonly [K in keyof typeof en]: (typeof en)[K] extends string ? string : Readonly<Record<string, string>>;
};
