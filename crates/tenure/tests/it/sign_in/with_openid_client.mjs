// openid-client as a relying party: http on loopback is the only thing that it is lenient about. With FORGE_KEY it
// proves who it is by that key, pushes its requests and has its tokens bound to a key.
import http from "node:http";

const { BASE, PORT, CALLBACK, NODE_SECRET, FORGE_KEY, OPENID_CLIENT } = process.env;
const client = await import(`${OPENID_CLIENT}/node_modules/openid-client/build/index.js`);
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
const signs = { name: "ECDSA", namedCurve: "P-256" };
const [name, proves] = FORGE_KEY
  ? ["forge", client.PrivateKeyJwt(await crypto.subtle.importKey("pkcs8", Buffer.from(FORGE_KEY, "base64"), signs, false, ["sign"]))]
  : ["node", client.ClientSecretBasic(NODE_SECRET)];
const config = await client.discovery(
  new URL(BASE), name, { id_token_signed_response_alg: "ES256" }, proves, { execute });
const bound = FORGE_KEY && { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) };
const asked = {};

async function begin() {
  Object.assign(asked, {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  });
  const request = {
    redirect_uri: CALLBACK, scope: "openid email", state: asked.expectedState, nonce: asked.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(asked.pkceCodeVerifier), code_challenge_method: "S256",
  };
  return FORGE_KEY ? client.buildAuthorizationUrlWithPAR(config, request, bound) : client.buildAuthorizationUrl(config, request);
}

async function arrived(url) {
  const tokens = await client.authorizationCodeGrant(config, url, { ...asked, idTokenExpected: true, maxAge: 600 }, undefined, bound);
  const claims = tokens.claims();
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub, bound);
  const said = `${user.email} proved with ${claims.amr}`;
  if (!FORGE_KEY) return said;
  const seen = await client.tokenIntrospection(config, tokens.access_token);
  const stolen = await fetch(config.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } });
  return `${said}, ${seen.token_type} ${Object.keys(seen.cnf)}, as Bearer ${stolen.status}, pushed ${new URL(asked.sent).searchParams.size}`;
}

http.createServer(async (request, response) => {
  const url = new URL(request.url, CALLBACK);
  try {
    if (url.pathname === "/login") response.writeHead(302, { location: (asked.sent = (await begin()).href) }).end();
    else response.end(await arrived(url));
  } catch (error) {
    response.writeHead(403).end(`refused: ${error.message} ${error.code ?? ""} ${error.cause ?? ""}`);
  }
}).listen(Number(PORT), "127.0.0.1");
