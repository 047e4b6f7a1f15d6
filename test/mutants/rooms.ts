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

/** The test that stands where a file does. */
export const namesake = (file: string): string => file.replace(/^lib\//, 'test/').replace(/\.ts$/, '.test.ts');

export type Room = keyof typeof rooms;
