/** The clock is this process's, as it is for oidc-provider, which judges `exp`; the database's is never asked. */
export const seconds = (): number => Math.floor(Date.now() / 1000);
