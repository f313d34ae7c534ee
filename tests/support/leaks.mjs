// What the tests for leaks share: the way from a request to the proof that nothing of it can be read where it must not be.
import assert from "node:assert/strict";
import { CORPUS, sample } from "./corpus/corpus.mjs";
import { placed } from "./corpus/places.mjs";
import { readings, survives } from "./corpus/readings.mjs";
import { DIALECTS } from "./dialects.mjs";
import { kept, strings } from "./records.mjs";

const MARK = "what a marigold is, and where heliotropes grow";
/** A row like the corpus's that anybody may be told. */
export const HARMLESS = { ref: "harmless", value: MARK, at: 0, texts: [`Explain ${MARK}.`] };
/** What a path takes of the corpus: one row in so many. */
export const SHARE = 8;
/** How many requests are under way at once; more where each waits for a server that fails. */
const [AT_ONCE, AT_ONCE_FAILING] = [8, 48];
/** Variables of a gateway: rows are copied to the reporting database at once. */
export const VARS = { OUTBOX_MS: "100" };

let tenants = 0;
let paths = 0;

/** All that servers were told, as texts: lines, headers, and the strings in the bodies. */
const heardBy = (servers) => servers.flatMap(({ heard }) => heard.flatMap(({ line, headers, raw }) => [line, ...headers, ...strings(raw)]));

/** The rows whose value can be read in texts. */
export function readable(rows, texts) {
  const read = readings(...texts);
  return rows.filter(({ value }) => survives(value, read)).map(({ ref }) => ref);
}

/** Does something with each item, with so many at once; gives what came of it, in no order. */
async function inLanes(items, atOnce, work) {
  const [left, results] = [[...items], []];
  const lane = async () => {
    for (let item; (item = left.shift()); ) results.push(await work(item));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return results;
}

/**
 * Sends a harmless request and then rows of the corpus, `send(client, row)`, and looks for their values with the
 * `untrusted` servers, with those that are told the values only masked as well, and in all that is kept.
 * `statuses` are those a row may be answered with; `arrives` is false where a harmless request arrives nowhere either,
 * `reaches` true where rows may arrive, without their values. `fresh` gives each row a tenant of its own; `owner`
 * { client, dashboard } is one that is there already. `log` gives what else has been written down.
 */
export async function proves(gateway, { send, untrusted, rows = sample(SHARE, paths++), statuses = [403], arrives = true, reaches = false, policy, fresh = false, owner, log }) {
  const owners = [];
  const enter = async () => {
    const client = await gateway.tenant(`leaks-${++tenants}`, { owner: true });
    if (policy) assert.equal((await client.put("/moecraft/guard", policy)).status, 200);
    owners.push({ client, dashboard: await client.dashboard() });
    return client;
  };
  if (owner) owners.push(owner);
  const client = owner?.client ?? (await enter());
  const forget = () => untrusted.forEach(({ heard }) => heard.splice(0));

  const { status, text } = await send(client, HARMLESS);
  if (arrives) {
    assert.equal(status, 200, text);
    assert.deepEqual(readable([HARMLESS], heardBy(untrusted)), [HARMLESS.ref], "what is harmless arrives");
  }
  forget();

  const answers = await inLanes(rows, fresh ? AT_ONCE_FAILING : AT_ONCE, async (row) => ({ row, ...(await send(fresh ? await enter() : client, row)) }));
  const odd = answers.filter(({ status }) => !statuses.includes(status)).map(({ row, status, text }) => `${row.ref}: ${status} ${text.slice(0, 200)}`);
  assert.deepEqual(odd, []);
  const told = heardBy(untrusted);
  assert.deepEqual(readable(rows, told), [], "an untrusted model has read these");
  if (!reaches) assert.deepEqual(told, [], "an untrusted model was asked");

  const refusals = answers.filter(({ status }) => status !== 200).flatMap(({ headers, text }) => [...headers.values(), ...strings(text)]);
  const records = new Set([...refusals, ...(log ? [log()] : [])]);
  const keep = async ({ client, dashboard }) => {
    for (const one of await kept(gateway, client, dashboard)) records.add(one);
    if (!owner) dashboard.close();
  };
  await inLanes(owners, AT_ONCE, keep);
  assert.deepEqual(readable(rows, records), [], "these are kept in a record");
  return answers;
}

/** Looks for the whole corpus in the files of the objects and the reporting database, bytes as they are. */
export function diskHoldsNothing(gateway, known) {
  const files = gateway.onDisk();
  const holding = (value) => files.some((bytes) => bytes.includes(value));
  assert.ok(holding(known), "what is known to be there is found");
  assert.deepEqual(CORPUS.filter(({ value }) => holding(value)).map(({ ref }) => ref), []);
}

/** A dialect's request with a row's texts in it. */
export const body = (name, model, { texts, at }, more) => ({ model, ...placed(name, texts, at), ...more });
/** Sends it. */
export const ask = (name, model, more, options) => (client, row) => client.post(DIALECTS[name].path, body(name, model, row, more), options);
/** A way of asking for each dialect, whole and streamed. */
export const ways = Object.keys(DIALECTS).flatMap((name) => [false, true].map((stream) => ({ name, stream, way: `${name}${stream ? ", streamed" : ""}` })));
