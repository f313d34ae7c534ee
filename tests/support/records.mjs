// All that the gateway keeps or tells about a tenant's requests.
import assert from "node:assert/strict";
import { until } from "./until.mjs";

/** Every string in a JSON text, names of members among them; the text itself where it is none, or events. */
export function strings(text) {
  const events = text.match(/^data: ?\{.*$/gm);
  if (events) return events.flatMap((event) => strings(event.slice(event.indexOf("{"))));
  try {
    const found = [];
    JSON.parse(text, (name, value) => {
      found.push(name);
      if (typeof value === "string") found.push(value);
      return value;
    });
    return found;
  } catch {
    return [text];
  }
}

/**
 * The strings of an owner's history, figures and audit, of its rows in the reporting database, of what `dashboard` was
 * told live, and of the log, once all its requests have settled. Each is there once.
 */
export async function kept(gateway, owner, dashboard) {
  const cost = await until("all has settled", async () => {
    const cost = await owner.cost();
    return cost.reserved.requests === 0 && cost;
  });
  const count = cost.total_requests;
  const copied = await until("all is copied", async () => {
    const rows = await gateway.d1("SELECT * FROM usage WHERE key_id = ?", owner.keyId);
    return rows.length === count && rows;
  });
  const audit = await pages(owner, "/moecraft/audit");
  const blocks = audit.filter(({ event }) => event === "block").length;
  await until("all is told", () => dashboard.updates.length >= count && dashboard.blocks.length >= blocks);
  const records = [cost, copied, audit, await owner.rows(), await owner.performance(), dashboard.messages];
  return new Set([gateway.log, ...strings(JSON.stringify(records))]);
}

async function pages(client, path) {
  const all = [];
  for (let before = ""; ; ) {
    const { status, json, text } = await client.get(`${path}?limit=500${before}`);
    assert.equal(status, 200, text);
    all.push(...json.data);
    if (json.next_before === null) return all;
    before = `&before=${json.next_before}`;
  }
}
