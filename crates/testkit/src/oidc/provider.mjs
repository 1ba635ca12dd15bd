// A real OpenID provider, told what to do by lines of JSON on standard input. It ends with them.
//
// People sign in without a page: whoever is at the door is the person named last. Keys can be replaced, and
// statements signed that no honest provider would sign.

import crypto from 'node:crypto';
import http from 'node:http';
import readline from 'node:readline';
import { Provider } from 'oidc-provider';

let person = { sub: 'nobody' };
let clients = [];
let keys = [];
let requests = [];
let callback = (_, response) => response.writeHead(503).end();

const server = http.createServer((request, response) => {
  requests.push(`${request.method} ${request.url.split('?')[0]}`);
  callback(request, response);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

function newKey(kid, kind) {
  const [type, options, alg] = {
    rsa: ['rsa', { modulusLength: 2048 }, 'RS256'],
    ec: ['ec', { namedCurve: 'P-256' }, 'ES256'],
    ed: ['ed25519', {}, 'EdDSA'],
  }[kind];
  const { privateKey } = crypto.generateKeyPairSync(type, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
}

function build() {
  const provider = new Provider(issuer, {
    clients,
    jwks: { keys },
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    claims: { openid: ['sub'], email: ['email'] },
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...person, sub }) }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    ttl: { IdToken: 600, AccessToken: 600, Grant: 600, Session: 600, Interaction: 600 },
  });
  const honest = provider.callback();
  callback = async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return honest(request, response);
    const { params } = await provider.interactionDetails(request, response);
    const grant = new provider.Grant({ accountId: person.sub, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const result = { login: { accountId: person.sub }, consent: { grantId: await grant.save() } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  };
}

const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

// `by` is a key by its name, `none`, or `public:NAME`: a MAC under the text of that public key.
function sign({ header = {}, claims, by, raw }) {
  const key = keys.find((one) => one.kid === by) ?? strangers[by];
  const head = { alg: key?.alg ?? (by === 'none' ? 'none' : 'HS256'), typ: 'JWT', ...(key && { kid: key.kid }), ...header };
  for (const [name, value] of Object.entries(head)) if (value === null) delete head[name];
  const message = `${part(head)}.${part(raw ?? claims)}`;
  if (by === 'none') return `${message}.`;
  if (by.startsWith('public:')) {
    const jwk = keys.find((one) => one.kid === by.slice(7));
    const pem = crypto.createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    return `${message}.${crypto.createHmac('sha256', pem).update(message).digest('base64url')}`;
  }
  const material = { key: crypto.createPrivateKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' };
  const digest = key.kty === 'OKP' ? null : 'sha256';
  return `${message}.${crypto.sign(digest, Buffer.from(message), material).toString('base64url')}`;
}

const strangers = {};

const acts = {
  clients: (given) => { clients = given; build(); },
  person: (given) => { person = given; },
  keys: (given) => { keys = given.map(([kid, kind]) => keys.find((one) => one.kid === kid) ?? newKey(kid, kind)); build(); },
  stranger: ([kid, kind]) => { strangers[kid] = newKey(kid, kind); },
  published: () => ({ keys: keys.map((jwk) => crypto.createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' })).map((jwk, at) => ({ ...jwk, kid: keys[at].kid, alg: keys[at].alg, use: 'sig' })) }),
  sign,
  requests: () => { const past = requests; requests = []; return past; },
};

keys = [newKey('first', 'rsa')];
build();
console.log(JSON.stringify({ issuer }));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { act, with: given } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ answer: acts[act](given) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
process.exit(0);
