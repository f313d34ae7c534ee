// Keys: who may ask. What is wrong with a key is known without a look-up, and never wakes an object.
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { stage } from "./support/stage.mjs";

const MODEL = "gpt-4o-mini";
const set = stage();

/** A key as the format's description makes it, signed with any secret. */
function mint(secret, tenant, { scope = 0, version = 1, domain = "moecraft tenant key\0" } = {}) {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Date.now()));
  const payload = Buffer.concat([Buffer.from([version, scope]), time.subarray(2), randomBytes(8), Buffer.from(tenant)]);
  const tag = createHmac("sha256", secret).update(domain).update(payload).digest();
  return `moe_${payload.toString("base64url")}.${tag.toString("base64url")}`;
}

/** Every door that a key opens. */
const DOORS = [
  ["POST", "/v1/chat/completions", ask(MODEL)],
  ["POST", "/v1/chat/completions", ask(MODEL, "Hi.", { stream: true })],
  ["GET", "/v1/models"],
  ["GET", "/moecraft/metrics/cost"],
  ["GET", "/moecraft/metrics/performance"],
  ["GET", "/moecraft/routing/history"],
  ["GET", "/moecraft/stream"],
  ["GET", "/moecraft/agent"],
];

describe("a key that is no good gets 401 in OpenAI's form, everywhere, and wakes nobody", () => {
  const bad = {
    "no key": () => undefined,
    "an empty key": () => "",
    "a text that is no key": () => "sk-proj-something-else",
    "a foreign key": (tenant) => mint(randomBytes(32).toString("hex"), tenant),
    "a signature over the bare payload": (tenant, secret) => mint(secret, tenant, { domain: "" }),
    "a key of another version": (tenant, secret) => mint(secret, tenant, { version: 2 }),
    "a key of a tenant with an impossible name": (_, secret) => mint(secret, "../etc"),
    "the admin key": (_tenant, _secret, admin) => admin,
  };
  for (const [what, make] of Object.entries(bad)) {
    test(what, async () => {
      const tenant = `stranger-${what.length}`;
      const before = set.gateway.objectFiles();
      const client = set.gateway.client(make(tenant, set.gateway.keySecret, set.gateway.adminKey));
      for (const [method, path, body] of DOORS) {
        const answer = await client.send(path, { method, body });
        assertError(answer, { status: 401, type: "authentication_error", code: "invalid_api_key" });
      }
      assert.deepEqual(set.gateway.objectFiles(), before, "no object was woken");
      assert.equal(set.upstream.hits, 0);
    });
  }

  test("every truncation and every changed character of a good one", async () => {
    const key = await set.gateway.key("nearly");
    const flipped = (at) => key.slice(0, at) + (key[at] === "A" ? "B" : "A") + key.slice(at + 1);
    const wrong = [];
    for (let at = 0; at < key.length; at += 7) wrong.push(key.slice(0, at), key.slice(at + 1), flipped(at));
    wrong.push(key.slice(0, -1), `${key}A`, flipped(key.length - 1), key.toUpperCase());
    const before = set.gateway.objectFiles();
    for (const one of wrong) {
      assertError(await set.gateway.client(one).chat(ask(MODEL)), { status: 401, code: "invalid_api_key" });
    }
    assert.deepEqual(set.gateway.objectFiles(), before, "no object was woken");
    assert.equal(set.upstream.hits, 0);
  });

  test("whatever its body: a large one is taken, so that the reason arrives and the connection goes on", async () => {
    const stranger = set.gateway.client("moe_x");
    for (let i = 0; i < 8; i++) {
      for (const path of ["/v1/chat/completions", "/v1/classify", "/v1/messages/count_tokens", "/moecraft/keys", "/moecraft/none"]) {
        const answer = await stranger.post(path, ask(MODEL, "x".repeat(4 << 20)));
        assert.ok([401, 404].includes(answer.status), answer.text);
        assert.equal((await stranger.get("/healthz")).status, 200);
      }
    }
  });

  test("and the proof would notice: a good key does wake its tenant's object", async () => {
    const before = set.gateway.objectFiles().length;
    const client = set.gateway.client(mint(set.gateway.keySecret, "woken"));
    assert.equal((await client.chat(ask(MODEL))).status, 200);
    assert.equal(set.gateway.objectFiles().length, before + 1);
  });
});

describe("a good key", () => {
  test("is taken from either header", async () => {
    const { key } = await set.tenant();
    const nobody = set.gateway.client();
    for (const headers of [{ authorization: `Bearer ${key}` }, { authorization: `bearer ${key}` }, { "x-api-key": key }]) {
      assert.equal((await nobody.chat(ask(MODEL), { headers })).status, 200, Object.keys(headers)[0]);
      assert.equal((await nobody.get("/moecraft/metrics/cost", { headers })).status, 200);
    }
  });

  test("is never taken from the address of a plain request", async () => {
    const { key } = await set.tenant();
    assertError(await set.gateway.client().get(`/moecraft/metrics/cost?key=${key}`), { status: 401 });
  });

  test("is never written to a log or told to an upstream", async () => {
    const client = await set.tenant();
    await client.chat(ask(MODEL));
    assertError(await client.chat("{"), { status: 400 });
    assert.ok(!JSON.stringify(set.upstream.requests).includes(client.key));
    assert.ok(!set.gateway.log.includes(client.key));
  });
});

describe("a revoked key", () => {
  const revoke = (client, by) => by.send(`/moecraft/keys/${client.keyId}`, { method: "DELETE" });

  test("gets 401 at admission, on figures and on sockets, while others of its tenant go on", async () => {
    const [owner, member] = [await set.gateway.tenant("revoking", { owner: true }), await set.gateway.tenant("revoking")];
    assert.equal((await member.chat(ask(MODEL))).status, 200);
    const { status, json } = await revoke(member, owner);
    assert.deepEqual([status, json.revoked], [200, true]);
    const hits = set.upstream.hits;
    for (const [method, path, body] of DOORS.slice(0, 6)) {
      assertError(await member.send(path, { method, body }), { status: 401, type: "authentication_error", code: "revoked_api_key" });
    }
    await assert.rejects(member.dashboard(), /401/);
    assert.equal(set.upstream.hits, hits, "the upstream was not called");
    assert.equal((await owner.chat(ask(MODEL))).status, 200);
    assert.deepEqual((await owner.get("/moecraft/keys")).json.revoked.map((key) => key.key_id), [member.keyId]);
    await owner.settled(2);
  });

  test("is revoked by the operator too, and stays so after a restart", async () => {
    const client = await set.gateway.tenant("revoked-for-good");
    const path = `/moecraft/keys/${client.keyId}?tenant=revoked-for-good`;
    for (const again of [1, 2]) assert.equal((await set.gateway.admin.send(path, { method: "DELETE" })).status, 200, `time ${again}`);
    await set.gateway.kill9();
    await set.gateway.restart();
    assertError(await client.chat(ask(MODEL)), { status: 401, code: "revoked_api_key" });
  });

  test("is revoked however its id is spelled, or the spelling is refused", async () => {
    const [owner, member] = [await set.gateway.tenant("spelling", { owner: true }), await set.gateway.tenant("spelling")];
    const { status } = await owner.send(`/moecraft/keys/${member.keyId.toUpperCase()}`, { method: "DELETE" });
    const after = (await member.chat(ask(MODEL))).status;
    assert.ok(status === 400 ? after === 200 : after === 401, `answered ${status}, and the key then gets ${after}`);
  });

  test("makes no new keys, though it was an owner's", async () => {
    const [first, second] = [await set.gateway.tenant("ousted", { owner: true }), await set.gateway.tenant("ousted", { owner: true })];
    assert.equal((await revoke(second, first)).status, 200);
    assertError(await second.post("/moecraft/keys", {}), { status: 401, code: "revoked_api_key" });
  });
});

describe("administration", () => {
  test("an owner makes and revokes keys of its own tenant only", async () => {
    const owner = await set.gateway.tenant("owned", { owner: true });
    const made = await owner.post("/moecraft/keys", { owner: false });
    assert.deepEqual([made.status, made.json.tenant, made.json.owner], [201, "owned", false]);
    assert.equal((await set.gateway.client(made.json.key).chat(ask(MODEL))).status, 200);
    assertError(await owner.post("/moecraft/keys", { tenant: "somebody-else" }), { status: 403, type: "permission_error" });
    assertError(await owner.get("/moecraft/keys?tenant=somebody-else"), { status: 403 });
  });

  test("a member administers nothing", async () => {
    const member = await set.tenant();
    assertError(await member.post("/moecraft/keys", {}), { status: 403, type: "permission_error" });
    assertError(await member.get("/moecraft/keys"), { status: 403 });
    assertError(await member.send(`/moecraft/keys/${member.keyId}`, { method: "DELETE" }), { status: 403 });
    assert.equal((await member.chat(ask(MODEL))).status, 200, "and revoked nothing by trying");
  });

  test("a stranger gets 401", async () => {
    assertError(await set.gateway.client().post("/moecraft/keys", { tenant: "a" }), { status: 401 });
    assertError(await set.gateway.client(`${set.gateway.adminKey}0`).post("/moecraft/keys", { tenant: "a" }), { status: 401 });
  });

  for (const [what, body, param] of [
    ["no tenant", {}, "tenant"],
    ["a tenant that is no name", { tenant: "No Name" }, "tenant"],
    ["a tenant of 64 characters", { tenant: "x".repeat(64) }, "tenant"],
    ["a field that there is not", { tenant: "a", scope: "owner" }, "body"],
    ["no JSON", "{", "body"],
    ["more than any such request needs", `{"tenant":"a"${" ".repeat(1 << 20)}}`, undefined],
  ]) {
    test(`the operator's request with ${what} is refused`, async () => {
      const answer = await set.gateway.admin.post("/moecraft/keys", body);
      assert.ok([400, 413].includes(answer.status), answer.text);
      assertError(answer, { status: answer.status, type: "invalid_request_error", ...(param && { param }) });
    });
  }

  test("what is no key id is not revoked", async () => {
    for (const id of ["x", "0123456789abcde", "0123456789abcdefa", "..%2f..", ""]) {
      const { status } = await set.gateway.admin.send(`/moecraft/keys/${id}?tenant=a`, { method: "DELETE" });
      assert.equal(status, 400, id);
    }
  });
});
