// MOECRAFT_ENABLED=false: the way back when something is wrong. The gateway only carries bytes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { drop, json, status, stream, TEXT } from "./support/answers.mjs";
import { ask } from "./support/client.mjs";
import { assertError } from "./support/errors.mjs";
import { UPSTREAM_KEY } from "./support/gateway.mjs";
import { textOf } from "./support/sse.mjs";
import { stage } from "./support/stage.mjs";

const set = stage({ options: ({ 0: upstream }) => ({ upstreams: [upstream.origin], vars: { MOECRAFT_ENABLED: "false" } }) });

test("request and answer pass untouched, with the gateway's key in place of the client's", async () => {
  const client = await set.tenant();
  const body = '{ "model" : "gpt-4o-mini","messages":[{"role":"user","content":"\\u0041"}] ,"x":1.0 }';
  const answer = '{"choices": [ ],"any":"thing"}';
  set.upstream.answer(json(answer));
  const got = await client.chat(body, { headers: { "x-api-key": client.key } });
  assert.deepEqual([got.status, got.text], [200, answer]);
  assert.equal(set.upstream.last.raw, body);
  assert.equal(set.upstream.last.headers.authorization, `Bearer ${UPSTREAM_KEY}`);
});

test("streams pass as they are, and nothing is asked of the provider that the client did not ask", async () => {
  const client = await set.tenant();
  set.upstream.answer(stream());
  const { chunks, data } = await client.streamed(ask("gpt-4o-mini"));
  assert.deepEqual([textOf(chunks), data.at(-1)], [TEXT, "[DONE]"]);
  assert.equal(set.upstream.last.body.stream_options, undefined);
});

test("errors pass in the provider's own words", async () => {
  const client = await set.tenant();
  set.upstream.answer(status(429, { message: "slow down", headers: { "retry-after": "3" } }));
  const got = await client.chat(ask("gpt-4o-mini"));
  assert.deepEqual([got.status, got.json.error.message, got.headers.get("retry-after")], [429, "slow down", "3"]);
});

test("no object is woken and nothing is counted", async () => {
  const client = await set.tenant();
  const before = set.gateway.objectFiles();
  assert.equal((await client.chat(ask("gpt-4o-mini"))).status, 200);
  assert.deepEqual(set.gateway.objectFiles(), before);
});

test("strangers are still kept out: the provider's key is not theirs to use", async () => {
  assertError(await set.gateway.client("moe_x").chat(ask("gpt-4o-mini")), { status: 401, code: "invalid_api_key" });
  assert.equal(set.upstream.hits, 0);
});

test("a provider that cannot be reached is a clear error", async () => {
  const client = await set.tenant();
  set.upstream.answer(drop());
  const got = await client.chat(ask("gpt-4o-mini"));
  assertError(got, { status: 502, type: "server_error" });
});
