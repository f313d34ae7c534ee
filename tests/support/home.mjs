// A machine of the user's own, with a model server and agents, before two gateways: one without any
// provider in the cloud, and one with two upstreams there.
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { Agent, modelServer } from "./agent.mjs";
import { Gateway, UPSTREAM_KEY } from "./gateway.mjs";
import { until } from "./until.mjs";
import { Upstream } from "./upstream.mjs";

/** The names of the local models that a tenant can ask for. */
export const localIds = async (client) => (await client.get("/v1/models")).json.data.map(({ id }) => id).filter((id) => id.startsWith("local/"));

/** Sets it up for all tests of a file. Agents are the test's own and end with it. */
export function home() {
  const home = {};
  const agents = [];
  let tenants = 0;

  before(async () => {
    home.clouds = [await Upstream.start({ key: UPSTREAM_KEY }), await Upstream.start({ key: UPSTREAM_KEY })];
    home.local = await modelServer("tiny");
    home.gateway = await Gateway.start();
    home.cloudy = await Gateway.start({ upstreams: home.clouds.map(({ origin }) => origin) });
  });

  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.kill9()));
    const servers = [home.local, ...home.clouds];
    const violations = servers.flatMap((server) => server.violations);
    servers.forEach((server) => server.reset());
    assert.deepEqual(violations, []);
  });

  after(async () => {
    for (const one of [home.gateway, home.cloudy, home.local, ...(home.clouds ?? [])]) await one?.stop();
  });

  /** Starts an agent with a client's key. */
  home.connect = (gateway, client, { name = "box", servers = [home.local.origin] } = {}) => {
    const agent = Agent.start({ url: gateway.url, key: client.key, name, servers });
    agents.push(agent);
    return agent;
  };

  /** A fresh tenant with an agent that serves local/tiny, or what its servers have. */
  home.connected = async (gateway = home.gateway, options) => {
    const tenant = `tenant-${++tenants}`;
    const client = await gateway.tenant(tenant);
    const agent = home.connect(gateway, client, options);
    await until("the local model is listed", async () => (await localIds(client)).length > 0);
    return { client, agent, tenant };
  };
  return home;
}
