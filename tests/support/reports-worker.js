// The reporting database, for tests to ask. Miniflare's own way to it makes the test's process stand still, with the
// upstreams that run in it, until the database has answered.
export default {
  async fetch(request, { DB }) {
    const { sql, values } = await request.json();
    return Response.json((await DB.prepare(sql).bind(...values).all()).results);
  },
};
