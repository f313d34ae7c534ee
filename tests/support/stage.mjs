// What most tests play on: a gateway before scripted upstreams, for all tests of a file.
import assert from "node:assert/strict";
import { after, afterEach, before } from "node:test";
import { Gateway, UPSTREAM_KEY } from "./gateway.mjs";
import { Upstream } from "./upstream.mjs";

/**
 * Starts `upstreams` general upstreams and a gateway before the file's tests and stops them after.
 * `options` go to the gateway; a function of the upstreams may give them.
 * Each test takes tenants of its own, so that none sees what another has left.
 */
export function stage({ upstreams: count = 1, options = {} } = {}) {
  const stage = { upstreams: [] };
  let tenants = 0;

  before(async () => {
    for (let i = 0; i < count; i++) stage.upstreams.push(await Upstream.start({ key: UPSTREAM_KEY }));
    [stage.upstream] = stage.upstreams;
    const given = typeof options === "function" ? options(stage.upstreams) : options;
    stage.gateway = await Gateway.start({ upstreams: stage.upstreams.map(({ origin }) => origin), ...given });
  });

  afterEach(() => {
    const violations = stage.upstreams.flatMap((upstream) => upstream.violations);
    stage.upstreams.forEach((upstream) => upstream.reset());
    assert.deepEqual(violations, [], "the upstream was sent what it must not get");
  });

  after(async () => {
    await stage.gateway?.stop();
    for (const upstream of stage.upstreams) await upstream.stop();
  });

  /** A client of a tenant that nobody has used before. */
  stage.tenant = (options) => stage.gateway.tenant(`tenant-${++tenants}`, options);
  return stage;
}
