/** Rooms whose faults tests have to find, and the tests that are asked. */
export const rooms = {
  store: { mutate: ['lib/store/**/*.ts'], tests: ['store', 'contract', 'database'] },
  http: {
    mutate: ['lib/http/**/*.ts'],
    tests: ['http'],
  },
  profile: {
    mutate: ['lib/profile.ts'],
    tests: ['fapi/boot', 'fapi/clauses', 'fapi/hooks', 'fapi/stages', 'fapi_provider'],
  },
  fapi: { mutate: ['lib/fapi/*.ts'], tests: ['fapi', 'fapi_provider'] },
  resource: { mutate: ['lib/resource/**/*.ts'], tests: ['resource'] },
  certificates: {
    mutate: ['lib/certificates/**/*.ts'],
    tests: ['certificates'],
  },
} as const;

export type Room = keyof typeof rooms;
