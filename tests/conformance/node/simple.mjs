// simple-oauth2, as its documentation has it used.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { AuthorizationCode, ClientCredentials } from "simple-oauth2";

const settings = (given, paths = {}) => ({
  client: { id: given.clientId, secret: given.secret },
  auth: { tokenHost: given.issuer, tokenPath: "/oauth2/token", ...paths },
  options: { authorizationMethod: given.authorizationMethod },
});

export const scenarios = {
  async simpleCode(given, { browser }) {
    const client = new AuthorizationCode(
      settings(given, { authorizePath: "/oauth2/authorize", revokePath: "/oauth2/revoke" }),
    );
    const verifier = randomBytes(32).toString("base64url");
    const url = client.authorizeURL({
      redirect_uri: given.redirectUri,
      scope: ["openid", "profile"],
      state: "a state",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    const back = await browser(url);
    assert.equal(back.searchParams.get("state"), "a state");
    const grant = { code: back.searchParams.get("code"), redirect_uri: given.redirectUri, code_verifier: verifier };
    const first = await client.getToken(grant);
    assert(!first.expired());
    assert(first.token.id_token);
    const second = await first.refresh();
    assert.notEqual(second.token.refresh_token, first.token.refresh_token);
    await second.revoke("refresh_token");
    await assert.rejects(second.refresh(), (failure) => failure.data.payload.error === "invalid_grant");
  },

  async simpleClientCredentials(given) {
    const client = new ClientCredentials(settings(given));
    const { token } = await client.getToken({ scope: "customers:read" });
    assert.equal(token.token_type, "Bearer");
    const wrong = new ClientCredentials(settings({ ...given, secret: "w".repeat(43) }));
    await assert.rejects(
      wrong.getToken({}),
      (failure) => failure.data.payload.error === "invalid_client" && failure.output.statusCode === given.refusal,
    );
    return { access_token: token.access_token };
  },
};
