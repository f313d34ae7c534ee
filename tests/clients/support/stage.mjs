// MOECraft before scripted providers of different dialects, for all tests of a describe block.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before } from "node:test";
import { Gateway, UPSTREAM_KEY } from "../../support/gateway.mjs";
import { Provider } from "../../support/provider.mjs";

/** The providers that a catalogue knows: what each speaks, and the variables that MOECraft learns of it by. */
const PROVIDERS = {
  anthropic: { dialects: ["messages"], variable: "ANTHROPIC" },
  openai: { dialects: ["chat", "responses"], variable: "OPENAI" },
  // Chat alone, as most providers have it, with the ids that it really gives to calls.
  moonshot: { dialects: ["chat"], variable: "MOONSHOT", callId: (_prefix, tool, serial) => `functions.${tool}:${serial}` },
};
export const UPSTREAM_NAMES = Object.keys(PROVIDERS);

/**
 * Starts the upstreams and MOECraft with them, and with more variables. A name that is none of the providers is
 * a general upstream, which speaks all dialects. Each test takes a key of a tenant of its own.
 */
export function stage(names, { vars = {}, mayRefuse } = {}) {
  const stage = { providers: {} };
  let tenants = 0;

  before(async () => {
    const given = { ...vars };
    const upstreams = [];
    for (const name of [names].flat()) {
      const { variable, ...options } = PROVIDERS[name] ?? {};
      const key = variable ? `sk-${name}-of-the-gateway` : UPSTREAM_KEY;
      stage.providers[name] = await Provider.start({ name, key, ...options });
      const { origin } = stage.providers[name];
      if (variable) Object.assign(given, { [`${variable}_API_KEY`]: key, [`${variable}_BASE_URL`]: `${origin}/v1` });
      else upstreams.push(origin);
    }
    stage.gateway = await Gateway.start({ vars: given, upstreams });
  });

  afterEach(() => {
    const refusals = Object.values(stage.providers).flatMap((provider) => provider.refusals);
    Object.values(stage.providers).forEach((provider) => provider.reset());
    assert.deepEqual(refusals.filter((refusal) => !mayRefuse?.test(refusal)), [], "a provider was sent what it refuses");
  });

  after(async () => {
    await stage.gateway?.stop();
    for (const provider of Object.values(stage.providers)) await provider.stop();
  });

  stage.key = () => stage.gateway.key(`tenant-${++tenants}`);

  /** A key of a tenant whose owner gives every model leave: what a coding program sends is source code, and that goes to no untrusted model otherwise. */
  stage.coderKey = async () => {
    const owner = await stage.gateway.tenant(`tenant-${++tenants}`, { owner: true });
    const overrides = Object.keys(stage.providers).flatMap(models).map((model) => ({ model, reason: "the owner's own code" }));
    assert.equal((await owner.put("/moecraft/guard", { overrides })).status, 200);
    return owner.key;
  };
  return stage;
}

const models = (provider) => JSON.parse(readFileSync(new URL(`../../../catalog/data/${provider}.json`, import.meta.url), "utf8")).models.map(({ id }) => id);
