// openid-client as a relying party: http on loopback is the only thing that it is lenient about.
import http from "node:http";

const { BASE, PORT, CALLBACK, NODE_SECRET, OPENID_CLIENT } = process.env;
const client = await import(`${OPENID_CLIENT}/node_modules/openid-client/build/index.js`);
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
const config = await client.discovery(
  new URL(BASE), "node", { id_token_signed_response_alg: "ES256" }, client.ClientSecretBasic(NODE_SECRET), { execute });
const asked = {};

async function begin() {
  Object.assign(asked, {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  });
  return client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK, scope: "openid email", state: asked.expectedState, nonce: asked.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(asked.pkceCodeVerifier), code_challenge_method: "S256",
  });
}

async function arrived(url) {
  const tokens = await client.authorizationCodeGrant(config, url, { ...asked, idTokenExpected: true, maxAge: 600 });
  const claims = tokens.claims();
  const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  return `${user.email} proved with ${claims.amr}`;
}

http.createServer(async (request, response) => {
  const url = new URL(request.url, CALLBACK);
  try {
    if (url.pathname === "/login") response.writeHead(302, { location: (await begin()).href }).end();
    else response.end(await arrived(url));
  } catch (error) {
    response.writeHead(403).end(`refused: ${error.message} ${error.code ?? ""} ${error.cause ?? ""}`);
  }
}).listen(Number(PORT), "127.0.0.1");
