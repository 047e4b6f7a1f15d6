export const configuration = {
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  claims: { openid: ['sub'], profile: ['name'], email: ['email'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    revocation: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: () => ({
        scope: 'accounts',
        audience: 'https://api.example.com',
        accessTokenFormat: 'jwt',
      }),
    },
  },
  scopes: ['openid', 'offline_access', 'profile', 'accounts'],
};
