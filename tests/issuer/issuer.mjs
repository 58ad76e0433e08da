// An OpenID Connect provider for tests: node issuer.mjs CALLBACK SIGNED_OUT ALGORITHM:PORT CLIENT_AUTH
// Says its address on the first line, and ends when its input does.
import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'

const [callback, signedOut, signing, auth] = process.argv.slice(2)
const [algorithm, port] = signing.split(':')
const kinds = {
  RS256: ['rsa', { modulusLength: 2048 }],
  PS256: ['rsa', { modulusLength: 2048 }],
  ES256: ['ec', { namedCurve: 'P-256' }],
  EdDSA: ['ed25519', {}],
}
const [kind, options] = kinds[algorithm]
const { privateKey } = generateKeyPairSync(kind, options)
// Two keys, so that the one in question has to be found by its name.
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const jwk = (key, kid, alg) => ({ ...key.export({ format: 'jwk' }), kid, alg, use: 'sig' })
const signed = auth === 'client_secret_post' || algorithm !== 'RS256'
const url = `http://127.0.0.1:${port}`

const provider = new Provider(url, {
  jwks: { keys: [jwk(other, 'other', 'RS256'), jwk(privateKey, 'signing', algorithm)] },
  clients: [{
    client_id: 'city',
    client_secret: 'a-secret-of-the-city-that-is-long-enough',
    redirect_uris: [callback],
    post_logout_redirect_uris: [signedOut],
    token_endpoint_auth_method: auth,
    id_token_signed_response_alg: algorithm,
    ...(signed ? { userinfo_signed_response_alg: algorithm } : {}),
  }],
  clientAuthMethods: [auth],
  acrValues: ['eidas1', 'eidas2'],
  enabledJWA: {
    idTokenSigningAlgValues: ['RS256', algorithm],
    userinfoSigningAlgValues: ['RS256', algorithm],
  },
  claims: {
    openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name', 'family_name', 'locale'],
  },
  cookies: { keys: ['a key for cookies of a test'] },
  features: { devInteractions: { enabled: true }, jwtUserinfo: { enabled: true }, userinfo: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, given_name: 'Ana', family_name: 'Silva', locale: 'fr', email: `${id}@people.example`, email_verified: true,
    }),
  }),
})
// Whoever signs in has done so at this level.
Object.defineProperty(provider.Session.prototype, 'acr', { get: () => 'eidas2', set: () => {} })
const server = provider.listen(Number(port), '127.0.0.1', () => console.log(url))
process.stdin.resume()
process.stdin.on('end', () => { server.closeAllConnections(); server.close(); process.exit(0) })
