// node-saml as a service provider that demands everything that it can demand; and, under /open, one that also takes
// what it has not asked for. http on loopback is the only thing that both are lenient about.
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";

const { BASE, PORT, SP_HOME, NODE_SAML } = process.env;
const { SAML, ValidateInResponseTo } = createRequire(`${NODE_SAML}/`)("@node-saml/node-saml");
const read = (name) => fs.readFileSync(`${SP_HOME}/${name}`, "utf8");
const own = `http://127.0.0.1:${PORT}`;
const provider = (at, unasked) => new SAML({
  callbackUrl: `${at}/acs`, issuer: `${at}/metadata`, audience: `${at}/metadata`,
  entryPoint: `${BASE}/saml2/sso`, logoutUrl: `${BASE}/saml2/slo`, logoutCallbackUrl: `${at}/slo`,
  idpIssuer: `${BASE}/saml2/metadata`, idpCert: read("idp.crt"), privateKey: read("sp.key"), decryptionPvk: read("sp.key"),
  signatureAlgorithm: "sha256", digestAlgorithm: "sha256", wantAssertionsSigned: true, wantAuthnResponseSigned: true,
  identifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
  authnContext: ["urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"], racComparison: "exact",
  validateInResponseTo: unasked ? ValidateInResponseTo.ifPresent : ValidateInResponseTo.always,
  acceptedClockSkewMs: 5_000, maxAssertionAgeMs: 60_000, requestIdExpirationPeriodMs: 60_000,
});
const [strict, open] = [provider(own, false), provider(`${own}/open`, true)];
let signedIn = null;

const posted = async (request) => {
  let text = "";
  for await (const chunk of request) text += chunk;
  return Object.fromEntries(new URLSearchParams(text));
};
const sent = (response, location) => response.writeHead(302, { location }).end();

const pages = {
  "GET /secure/": async (_, response) =>
    (signedIn ? response.end(`signed in as ${signedIn.mail}`) : sent(response, await strict.getAuthorizeUrlAsync("/start", "", {}))),
  "GET /metadata": (_, response) => response.end(strict.generateServiceProviderMetadata(read("sp.crt"), read("sp.crt"))),
  "GET /open/metadata": (_, response) => response.end(open.generateServiceProviderMetadata(read("sp.crt"), read("sp.crt"))),
  "POST /acs": async (request, response) => {
    const { profile } = await strict.validatePostResponseAsync(await posted(request));
    signedIn = profile;
    sent(response, "/secure/");
  },
  "POST /open/acs": async (request, response) => {
    const { profile } = await open.validatePostResponseAsync(await posted(request));
    response.end(`unasked: ${profile.mail}, in response to ${profile.inResponseTo}`);
  },
  "POST /open/slo": async (request, response) => {
    const sent_to_us = await posted(request);
    const { profile } = await open.validatePostRequestAsync(sent_to_us);
    sent(response, await open.getLogoutResponseUrlAsync(profile, sent_to_us.RelayState ?? "", {}, true));
  },
  "GET /leave": async (_, response) => sent(response, await strict.getLogoutUrlAsync(signedIn, "", {})),
  "GET /slo": async (_, response, url) => {
    const { loggedOut } = await strict.validateRedirectAsync(Object.fromEntries(url.searchParams), url.search.slice(1));
    if (loggedOut) signedIn = null;
    response.end(`logged out: ${loggedOut}`);
  },
};

http.createServer(async (request, response) => {
  const url = new URL(request.url, own);
  const page = pages[`${request.method} ${url.pathname}`];
  try {
    if (!page) return response.writeHead(404).end();
    await page(request, response, url);
  } catch (error) {
    response.writeHead(403).end(`refused: ${error.message}`);
  }
}).listen(Number(PORT), "127.0.0.1");
