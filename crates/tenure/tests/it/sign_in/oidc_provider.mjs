// A provider of OpenID Connect that is not ours, with two people's mail addresses.
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const folder = process.env.OIDC_PROVIDER;
const entry = join(folder, "node_modules", "oidc-provider", "lib", "index.js");
const { default: Provider } = await import(pathToFileURL(entry));

const port = Number(process.env.PORT);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "tenure",
      client_secret: "tenure-secret-0123456789abcdef",
      redirect_uris: [process.env.BACK],
    },
  ],
  cookies: { keys: ["a-key-of-this-test"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: true }),
  }),
});
provider.listen(port, "127.0.0.1");
