// Batches as OpenAI defines them, through the ordinary path and through the provider's own batch API.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { BatchProvider } from "./support/batch-provider.mjs";
import { CHAT, create, ended, line, look, upload } from "./support/batches.mjs";
import { assertError } from "./support/errors.mjs";
import { Gateway } from "./support/gateway.mjs";
import { priceOf } from "./support/prices.mjs";
import { script } from "./support/provider/script.mjs";
import { accessKey } from "./support/secrets.mjs";
import { until } from "./support/until.mjs";

const MINI = "openai/gpt-4o-mini";
const HAIKU = "anthropic/claude-haiku-4-5";
const vars = { BATCH_STEP_MS: "40" };

let openai, anthropic, gateway;
let tenants = 0;
const tenant = (options) => gateway.tenant(`batch-${++tenants}`, options);
const say = (model, text, more = {}) => ({ model, messages: [{ role: "user", content: script({ say: text }) }], ...more });
const textOf = ({ response }) => response.body.choices[0].message.content;

before(async () => {
  openai = await BatchProvider.start("openai");
  anthropic = await BatchProvider.start("anthropic");
  gateway = await Gateway.start({ vars: { ...vars, ...openai.vars, ...anthropic.vars } });
});
afterEach(() => {
  const refusals = [openai, anthropic].flatMap((provider) => [...provider.refusals, ...provider.model.refusals]);
  openai.reset();
  anthropic.reset();
  assert.deepEqual(refusals, [], "a provider was sent what it refuses");
});
after(async () => {
  await gateway?.stop();
  await openai?.stop();
  await anthropic?.stop();
});

describe("the SDK for JavaScript", () => {
  test("goes from a file to its results", async () => {
    const client = await tenant();
    const sdk = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: client.key, maxRetries: 0 });
    const lines = ["one", "two"].map((name) => JSON.stringify(line(name, say(MINI, `This is ${name}.`)))).join("\n");
    const file = await sdk.files.create({ file: await toFile(Buffer.from(lines), "in.jsonl"), purpose: "batch" });
    assert.deepEqual([file.object, file.purpose, file.bytes, file.filename], ["file", "batch", Buffer.byteLength(lines), "in.jsonl"]);
    assert.equal(await (await sdk.files.content(file.id)).text(), lines);

    const made = await sdk.batches.create({ input_file_id: file.id, endpoint: CHAT, completion_window: "24h", metadata: { run: "7" } });
    assert.deepEqual([made.object, made.endpoint, made.metadata, made.request_counts.total], ["batch", CHAT, { run: "7" }, 2]);
    assert.ok(made.expires_at - made.created_at === 24 * 3600);
    const done = await until("it is completed", async () => {
      const batch = await sdk.batches.retrieve(made.id);
      return batch.status === "completed" && batch;
    });
    assert.deepEqual(done.request_counts, { total: 2, completed: 2, failed: 0 });
    assert.ok(done.completed_at && !done.error_file_id);
    const output = await (await sdk.files.content(done.output_file_id)).text();
    const results = output.trim().split("\n").map((one) => JSON.parse(one));
    assert.deepEqual(results.map(({ custom_id }) => custom_id).sort(), ["one", "two"]);
    assert.deepEqual(results.map(textOf).sort(), ["This is one.", "This is two."]);

    const listed = [];
    for await (const batch of sdk.batches.list({ limit: 1 })) listed.push(batch.id);
    assert.deepEqual(listed, [made.id]);
    const files = [];
    for await (const { id } of sdk.files.list({ purpose: "batch" })) files.push(id);
    assert.deepEqual(files, [file.id]);
    assert.deepEqual(await sdk.files.delete(file.id), { id: file.id, object: "file", deleted: true });
    await assert.rejects(() => sdk.files.retrieve(file.id), { status: 404 });
    await assert.rejects(() => sdk.batches.cancel(done.id), { status: 400 });
  });
});

describe("a batch", () => {
  test("goes through the provider's own batch API, at half the price, one row a line", async () => {
    const client = await tenant();
    const { id } = await create(client, ["a", "b", "c"].map((name) => line(name, say(MINI, name))));
    const { results, request_counts } = await ended(client, id);
    assert.deepEqual(request_counts, { total: 3, completed: 3, failed: 0 });
    assert.equal(openai.batches.length, 1);
    assert.equal(openai.batches[0].lines.length, 3);
    assert.equal(openai.live.length, 0, "nothing was asked for outside of it");
    const rows = await client.settled(3);
    for (const row of rows) {
      const { usage } = [...results.values()].find(({ response }) => response.request_id === row.id).response.body;
      const full = priceOf(MINI, { input: usage.prompt_tokens, output: usage.completion_tokens });
      assert.equal(row.cost_nanos, Math.ceil(full / 2));
      assert.match(row.price_version, /:batch$/);
      assert.deepEqual([row.provider, row.outcome], ["openai", "complete"]);
      assert.deepEqual(row.saved_by_nanos, { batches: full - row.cost_nanos });
    }
    const { contributions, total_savings } = await client.cost();
    const saved = rows.reduce((sum, row) => sum + row.saved_by_nanos.batches, 0);
    assert.deepEqual([contributions.batches.requests, Math.round(contributions.batches.savings * 1e9)], [3, saved]);
    assert.equal(Math.round((contributions.named.savings + contributions.batches.savings) * 1e9), Math.round(total_savings * 1e9));
  });

  test("is translated for a provider of another dialect, and its answers back", async () => {
    const client = await tenant();
    const { id } = await create(client, [line("a", say(HAIKU, "From Anthropic."))]);
    const { results } = await ended(client, id);
    assert.equal(textOf(results.get("a")), "From Anthropic.");
    assert.equal(results.get("a").response.body.object, "chat.completion");
    assert.equal(anthropic.batches.length, 1);
    assert.equal((await client.settled(1))[0].provider, "anthropic");
  });

  test("is grouped by provider and model", async () => {
    const client = await tenant();
    const models = [MINI, HAIKU, "openai/gpt-5.4-mini", MINI];
    const { id } = await create(client, models.map((model, i) => line(`l${i}`, say(model, `${i}`))));
    const { results } = await ended(client, id);
    assert.deepEqual([...results.values()].map((one) => [one.custom_id, textOf(one)]).sort(), models.map((_, i) => [`l${i}`, `${i}`]));
    assert.deepEqual(openai.batches.map(({ lines }) => lines.length).sort(), [1, 2]);
    assert.equal(anthropic.batches.length, 1);
    await client.settled(4);
  });

  test("takes Responses and embeddings too", async () => {
    const client = await tenant();
    const responses = await create(client, [line("r", { model: MINI, input: script({ say: "Responded." }) }, "/v1/responses")], "/v1/responses");
    const embeddings = await create(client, [line("e", { model: "openai/text-embedding-3-small", input: "words" }, "/v1/embeddings")], "/v1/embeddings");
    const [one, other] = [await ended(client, responses.id), await ended(client, embeddings.id)];
    assert.equal(one.results.get("r").response.body.output.at(-1).content[0].text, "Responded.");
    assert.ok(other.results.get("e").response.body.data[0].embedding.length > 0);
    assert.equal(openai.batches.length, 2);
    await client.settled(2);
  });

  test("routes lines that leave the model open, and pays for equal ones once", async () => {
    const client = await tenant();
    const { id } = await create(client, ["a", "b", "c", "d"].map((name) => line(name, say("moecraft/auto", "The same."))));
    const { results } = await ended(client, id);
    assert.deepEqual([...results.values()].map(textOf), Array(4).fill("The same."));
    assert.equal(openai.lines.length + anthropic.lines.length + openai.live.length + anthropic.live.length, 1);
    const rows = await client.settled(4);
    assert.equal(rows.filter(({ outcome }) => outcome === "surrogate").length, 3);
    assert.equal(rows.filter(({ cost_nanos }) => cost_nanos > 0).length, 1);
  });

  test("does not take lines for equal that must be answered each by itself", async () => {
    const client = await tenant();
    const { id } = await create(client, ["a", "b"].map((name) => line(name, say(MINI, "The same."))));
    await ended(client, id);
    assert.equal(openai.lines.length, 2);
    await client.settled(2);
  });
});

describe("a line that is wrong", () => {
  test("fails the whole batch where its form is, and is told by line and field", async () => {
    const client = await tenant();
    const good = line("a", say(MINI, "x"));
    const cases = [
      [[good, "", good], { line: 3, code: "duplicate_custom_id", param: "custom_id" }],
      [[good, "{nonsense"], { line: 2, code: "invalid_json_line", param: null }],
      [[good, line("b", say(MINI, "x"), "/v1/responses")], { line: 2, code: "invalid_url", param: "url" }],
      [[good, line("b", say(MINI, "x", { stream: true }))], { line: 2, code: "invalid_body", param: "body.stream" }],
      [[good, { custom_id: "b" }], { line: 2, code: "missing_required_parameter", param: "method" }],
    ];
    for (const [lines, expected] of cases) {
      const batch = await create(client, lines);
      assert.equal(batch.status, "failed");
      const [{ message, ...fault }] = batch.errors.data;
      assert.deepEqual(fault, expected);
      assert.ok(message.length > 10);
    }
    assert.equal(openai.calls.length, 0);
    assert.equal((await client.cost()).total_requests, 0);
  });

  test("fails alone where its request is, and names the field", async () => {
    const client = await tenant();
    const { id } = await create(client, [
      line("good", say(MINI, "Fine.")),
      line("bad", { model: MINI, messages: "none" }),
      line("unknown", say("nobody/knows-this", "x")),
    ]);
    const { results, status, request_counts } = await ended(client, id);
    assert.equal(status, "completed");
    assert.deepEqual(request_counts, { total: 3, completed: 1, failed: 2 });
    assert.equal(textOf(results.get("good")), "Fine.");
    const bad = results.get("bad");
    assert.deepEqual([bad.file, bad.response.status_code, bad.response.body.error.param], ["error", 400, "messages"]);
    assert.equal(results.get("unknown").response.status_code, 404);
    await client.settled(1);
  });

  test("holds a secret: it alone is stopped, and no untrusted model sees it", async () => {
    const owner = await tenant({ owner: true });
    assert.equal((await owner.put("/moecraft/guard", { distrusted: [MINI] })).status, 200);
    const secret = accessKey();
    const { id } = await create(owner, [
      line("plain", say(MINI, "Nothing to hide.")),
      line("secret", { model: MINI, messages: [{ role: "user", content: `my access key id is ${secret}` }] }),
    ]);
    const { results } = await ended(owner, id);
    assert.equal(textOf(results.get("plain")), "Nothing to hide.");
    assert.deepEqual([results.get("secret").response.status_code, results.get("secret").response.body.error.code], [403, "data_guard"]);
    assert.ok(!openai.heard.includes(secret) && !anthropic.heard.includes(secret));
    const { json } = await owner.get("/moecraft/audit");
    assert.ok(json.data.some(({ event, model }) => event === "block" && model === MINI));
  });

  test("holds a secret that its model may see: it is asked at once, and lies in no file at the provider", async () => {
    const client = await tenant();
    const secret = accessKey();
    const { id } = await create(client, [line("a", { model: MINI, messages: [{ role: "user", content: `my access key id is ${secret}` }] }), line("b", say(MINI, "Plain."))]);
    const { results } = await ended(client, id);
    assert.equal(results.get("a").response.status_code, 200);
    assert.deepEqual([openai.lines.length, openai.live.length], [1, 1]);
    assert.ok(!JSON.stringify(openai.lines).includes(secret));
    await client.settled(2);
  });

  test("holds a secret that the policy masks: it goes masked, outside of the provider's batch, and comes back whole", async () => {
    const owner = await tenant({ owner: true });
    assert.equal((await owner.put("/moecraft/guard", { prohibited: "sanitise" })).status, 200);
    const secret = accessKey();
    const { id } = await create(owner, [line("a", { model: MINI, messages: [{ role: "user", content: `my access key id is ${secret}` }] }), line("b", say(MINI, "Plain."))]);
    const { results } = await ended(owner, id);
    assert.equal(results.get("a").response.status_code, 200);
    assert.equal(openai.lines.length, 1);
    assert.equal(openai.live.length, 1);
    assert.ok(!openai.heard.includes(secret));
    await owner.settled(2);
  });
});

describe("files and batches", () => {
  test("are their tenant's alone", async () => {
    const [mine, theirs] = [await tenant(), await tenant()];
    const batch = await create(mine, [line("a", say(MINI, "Mine."))]);
    const { output_file_id, input_file_id } = await ended(mine, batch.id);
    for (const path of [`/v1/batches/${batch.id}`, `/v1/files/${input_file_id}`, `/v1/files/${output_file_id}/content`]) {
      assertError(await theirs.get(path), { status: 404, type: "invalid_request_error", code: "not_found" });
    }
    assertError(await theirs.post(`/v1/batches/${batch.id}/cancel`), { status: 404 });
    assertError(await theirs.send(`/v1/files/${input_file_id}`, { method: "DELETE" }), { status: 404 });
    assertError(await theirs.post("/v1/batches", { input_file_id, endpoint: CHAT, completion_window: "24h" }), { status: 400, param: "input_file_id" });
    assert.deepEqual((await theirs.get("/v1/batches")).json.data, []);
    assert.deepEqual((await theirs.get("/v1/files")).json.data, []);
    assertError(await gateway.client("moe_nonsense").get("/v1/files"), { status: 401 });
  });

  test("are refused with the field that is wrong", async () => {
    const client = await tenant();
    const { id } = await upload(client, [line("a", say(MINI, "x"))]);
    const body = { input_file_id: id, endpoint: CHAT, completion_window: "24h" };
    for (const [change, param] of [
      [{ endpoint: "/v1/images" }, "endpoint"],
      [{ completion_window: "1h" }, "completion_window"],
      [{ input_file_id: "file-none" }, "input_file_id"],
      [{ input_file_id: undefined }, "input_file_id"],
    ]) {
      assertError(await client.post("/v1/batches", { ...body, ...change }), { status: 400, param });
    }
    assertError(await client.get("/v1/files?limit=0"), { status: 400, param: "limit" });
    assertError(await client.post("/v1/files", "no form"), { status: 400, param: "file" });
    assertError(await client.send("/v1/batches", { method: "PUT" }), { status: 405 });
  });

  test("come page by page", async () => {
    const client = await tenant();
    const ids = [];
    for (const name of ["a", "b", "c"]) ids.unshift((await upload(client, [line(name, say(MINI, name))])).id);
    const first = (await client.get("/v1/files?limit=2")).json;
    assert.deepEqual([first.data.map(({ id }) => id), first.has_more], [ids.slice(0, 2), true]);
    const rest = (await client.get(`/v1/files?limit=2&after=${first.last_id}`)).json;
    assert.deepEqual([rest.data.map(({ id }) => id), rest.has_more], [ids.slice(2), false]);
    const oldest = (await client.get("/v1/files?order=asc&limit=1")).json;
    assert.equal(oldest.data[0].id, ids[2]);
  });
});

describe("a request that may wait", () => {
  const deferred = (seconds) => ({ headers: { "x-moecraft-deadline": seconds, prefer: "respond-async" } });

  test("is answered later, with a day's time at half the price", async () => {
    const client = await tenant();
    const { status, headers, json } = await client.chat(say(MINI, "Later."), deferred(new Date(Date.now() + 25 * 3600_000).toISOString()));
    assert.deepEqual([status, json.object, headers.get("location"), headers.get("preference-applied")], [202, "batch", `/v1/batches/${json.id}`, "respond-async"]);
    const { results } = await ended(client, json.id);
    assert.equal(textOf([...results.values()][0]), "Later.");
    assert.equal(openai.lines.length, 1);
    assert.match((await client.settled(1))[0].price_version, /:batch$/);
  });

  test("is called the ordinary way where the time is short for a provider's batch", async () => {
    const client = await tenant();
    const { json } = await client.chat(say(MINI, "Soon."), deferred("3600"));
    assert.equal(json.expires_at - json.created_at, 3600);
    const { results } = await ended(client, json.id);
    assert.equal(textOf([...results.values()][0]), "Soon.");
    assert.deepEqual([openai.lines.length, openai.live.length], [0, 1]);
    await client.settled(1);
  });

  test("is answered at once where its client does not say that it will fetch the answer", async () => {
    const client = await tenant();
    const { status, json } = await client.chat(say(MINI, "Now."), { headers: { "x-moecraft-deadline": "90000" } });
    assert.deepEqual([status, json.choices[0].message.content], [200, "Now."]);
    await client.settled(1);
  });

  test("is refused with the field that is wrong", async () => {
    const client = await tenant();
    for (const deadline of ["yesterday", "0", "2020-01-01T00:00:00Z"]) {
      assertError(await client.chat(say(MINI, "x"), deferred(deadline)), { status: 400, param: "x-moecraft-deadline" });
    }
    assertError(await client.chat(say(MINI, "x", { stream: true }), deferred("3600")), { status: 400, param: "stream" });
    assertError(await client.chat({ model: MINI, messages: 1 }, deferred("3600")), { status: 400, param: "messages" });
    assert.deepEqual((await client.get("/v1/batches")).json.data, []);
  });
});

describe("a cancelled batch", () => {
  test("keeps what was answered, pays for nothing else, and cancels what its provider has", async () => {
    openai.prompt = false;
    const client = await tenant();
    const { id } = await create(client, [line("a", say(MINI, "a")), line("b", say(HAIKU, "b"))]);
    await until("the other provider is done", async () => (await client.cost()).total_requests === 1);
    assert.equal((await client.post(`/v1/batches/${id}/cancel`)).json.status, "cancelling");
    const { status, results, request_counts, cancelled_at } = await ended(client, id);
    assert.equal(status, "cancelled");
    assert.ok(cancelled_at);
    assert.equal(textOf(results.get("b")), "b");
    assert.deepEqual([results.get("a").response, results.get("a").error.code], [null, "batch_cancelled"]);
    assert.deepEqual(request_counts, { total: 2, completed: 1, failed: 0 });
    assert.ok(openai.calls.some((call) => call.endsWith("/cancel")));
    const rows = await client.settled(1);
    assert.equal(rows[0].provider, "anthropic");
  });
});
