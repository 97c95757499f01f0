// openid-client, as its documentation has it used.
import assert from "node:assert/strict";
import { createPrivateKey, webcrypto } from "node:crypto";
import * as client from "openid-client";

async function authentication({ method, secret, privateJwk, alg }) {
  switch (method) {
    case "client_secret_basic":
      return client.ClientSecretBasic(secret);
    case "client_secret_post":
      return client.ClientSecretPost(secret);
    case "private_key_jwt": {
      const parameters = {
        ES256: { name: "ECDSA", namedCurve: "P-256" },
        PS256: { name: "RSA-PSS", hash: "SHA-256" },
        RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
        Ed25519: { name: "Ed25519" },
      };
      const der = createPrivateKey({ key: privateJwk, format: "jwk" }).export({ format: "der", type: "pkcs8" });
      const key = await webcrypto.subtle.importKey("pkcs8", der, parameters[alg], false, ["sign"]);
      return client.PrivateKeyJwt({ key, kid: privateJwk.kid });
    }
    default:
      return client.None();
  }
}

async function discover(given) {
  const config = await client.discovery(new URL(given.issuer), given.clientId, {}, await authentication(given));
  // Signatures of ID tokens are checked, too, not only that they came over TLS.
  client.enableNonRepudiationChecks(config);
  return config;
}

async function begin(config, given, parameters = {}, { pushed = false, dpop } = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const checks = {
    pkceCodeVerifier: verifier,
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const asked = {
    redirect_uri: given.redirectUri,
    scope: given.scope ?? "openid profile email phone",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...parameters,
  };
  const url = pushed
    ? await client.buildAuthorizationUrlWithPAR(config, asked, { DPoP: dpop })
    : client.buildAuthorizationUrl(config, asked);
  return { url, checks };
}

const refused = (error) => (failure) => failure.error === error;

export const scenarios = {
  async discovery(given) {
    for (const algorithm of ["oidc", "oauth2"]) {
      const config = await client.discovery(new URL(given.issuer), given.clientId, {}, client.None(), { algorithm });
      const server = config.serverMetadata();
      assert.equal(server.issuer, given.issuer);
      assert(server.supportsPKCE());
      assert(server.authorization_response_iss_parameter_supported);
      for (const name of [
        "authorization_endpoint",
        "token_endpoint",
        "pushed_authorization_request_endpoint",
        "device_authorization_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
      ]) {
        assert(server[name].startsWith(`${given.issuer}/`), name);
      }
    }
  },

  // Code with PKCE, nonce and iss; ID token, userinfo, refresh, introspection, revocation.
  async code(given, { browser }) {
    const config = await discover(given);
    const { url, checks } = await begin(config, given, { max_age: "3600", ...given.parameters }, { pushed: given.pushed });
    if (given.pushed) assert.deepEqual([...url.searchParams.keys()].sort(), ["client_id", "request_uri"]);
    const back = await browser(url, given.how);
    const tokens = await client.authorizationCodeGrant(config, back, { ...checks, maxAge: 3600 });
    const claims = tokens.claims();
    assert.equal(claims.acr, "urn:billmesh:aal2");
    assert(claims.sid && claims.at_hash && claims.amr.length > 1);
    const person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert(person.name);
    assert.equal(person.phone_number_verified, false);

    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
    if (given.method !== "none") {
      const status = await client.tokenIntrospection(config, refreshed.access_token);
      assert.equal(status.active, true);
      assert.equal(status.sub, claims.sub);
      assert.equal((await client.tokenIntrospection(config, tokens.refresh_token)).active, false);
    }
    await client.tokenRevocation(config, refreshed.refresh_token);
    await assert.rejects(client.refreshTokenGrant(config, refreshed.refresh_token), refused("invalid_grant"));
    if (given.method !== "none") {
      assert.equal((await client.tokenIntrospection(config, refreshed.access_token)).active, false);
    }
    return { sub: claims.sub };
  },

  // What the client itself finds out: another issuer (mix-up), none, another nonce, another state.
  async mixUp(given, { browser }) {
    const config = await discover(given);
    for (const spoil of [
      (back) => back.searchParams.set("iss", "https://elsewhere.example"),
      (back) => back.searchParams.delete("iss"),
      (back) => back.searchParams.set("state", "another"),
    ]) {
      const { url, checks } = await begin(config, given);
      const back = await browser(url);
      spoil(back);
      await assert.rejects(client.authorizationCodeGrant(config, back, checks));
    }
    const { url, checks } = await begin(config, given);
    const back = await browser(url);
    await assert.rejects(client.authorizationCodeGrant(config, back, { ...checks, expectedNonce: "another" }));
  },

  // What the server refuses: no sign-in without a person, a wrong verifier, a code used twice.
  async refusals(given, { browser }) {
    const config = await discover(given);
    const silent = await begin(config, given, { prompt: "none" });
    const answer = await browser(silent.url);
    await assert.rejects(client.authorizationCodeGrant(config, answer, silent.checks), refused("login_required"));

    const denied = await begin(config, given, { prompt: "consent" });
    const no = await browser(denied.url, { allow: false });
    await assert.rejects(client.authorizationCodeGrant(config, no, denied.checks), refused("access_denied"));

    const first = await begin(config, given);
    const back = await browser(first.url);
    const wrong = { ...first.checks, pkceCodeVerifier: client.randomPKCECodeVerifier() };
    await assert.rejects(client.authorizationCodeGrant(config, back, wrong), refused("invalid_grant"));
    const tokens = await client.authorizationCodeGrant(config, back, first.checks);
    await assert.rejects(client.authorizationCodeGrant(config, back, first.checks), refused("invalid_grant"));
    // That was a theft, as far as anyone can tell: what the code started has ended.
    await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), refused("invalid_grant"));
  },

  async clientCredentials(given) {
    const config = await discover(given);
    const dpop = given.dpop ? client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256")) : undefined;
    const tokens = await client.clientCredentialsGrant(config, { scope: "customers:read" }, { DPoP: dpop });
    assert.equal(tokens.refresh_token, undefined);
    assert.equal(tokens.scope, "customers:read");
    const url = new URL("/v1/customers?pageSize=1", given.issuer);
    const headers = new Headers({ accept: "application/json" });
    const answer = await client.fetchProtectedResource(config, tokens.access_token, url, "GET", null, headers, {
      DPoP: dpop,
    });
    assert.equal(answer.status, 200);
    await assert.rejects(
      client.clientCredentialsGrant(config, { scope: "members:write" }, { DPoP: dpop }),
      refused("invalid_scope"),
    );
  },

  // RFC 9449: code, refresh, userinfo and a call, all with one key; and with another.
  async dpop(given, { browser }) {
    const config = await discover(given);
    const handle = async () => client.getDPoPHandle(config, await client.randomDPoPKeyPair(given.alg));
    const mine = await handle();
    const theirs = await handle();
    const { url, checks } = await begin(config, given, { dpop_jkt: await mine.calculateThumbprint() });
    const back = await browser(url);
    await assert.rejects(
      client.authorizationCodeGrant(config, back, checks, undefined, { DPoP: theirs }),
      refused("invalid_dpop_proof"),
    );
    const tokens = await client.authorizationCodeGrant(config, back, checks, undefined, { DPoP: mine });
    assert.equal(tokens.token_type, "dpop");
    const { sub } = tokens.claims();
    await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP: mine });
    const me = new URL("/v1/me", given.issuer);
    const call = (token, options) => client.fetchProtectedResource(config, token, me, "GET", null, undefined, options);
    assert.equal((await call(tokens.access_token, { DPoP: mine })).status, 200);
    for (const wrong of [{ DPoP: theirs }, {}]) {
      // The client throws where it understands the challenge.
      const status = await call(tokens.access_token, wrong).then((answer) => answer.status, (failure) => failure.status);
      assert.equal(status, 401);
    }
    for (const wrong of [{ DPoP: theirs }, {}]) {
      await assert.rejects(
        client.refreshTokenGrant(config, tokens.refresh_token, undefined, wrong),
        refused("invalid_dpop_proof"),
      );
    }
    const next = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: mine });
    assert.equal((await call(next.access_token, { DPoP: mine })).status, 200);
  },

  async device(given, { enter }) {
    const config = await discover(given);
    const begun = await client.initiateDeviceAuthorization(config, { scope: given.scope });
    assert.equal(begun.verification_uri, `${given.issuer}/device`);
    await enter(begun.user_code);
    const tokens = await client.pollDeviceAuthorizationGrant(config, begun);
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
    return { access_token: refreshed.access_token, scope: refreshed.scope };
  },
};
