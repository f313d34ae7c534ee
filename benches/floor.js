// The floor that an answer served again is measured against: a Worker that asks its object about each request, and
// an object that writes a row about it, in a transaction that those who ask at once share.
import { DurableObject } from "cloudflare:workers";

export class Floor extends DurableObject {
  #waiting;

  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, message TEXT)");
  }

  admit(message) {
    return new Promise((resolve) => {
      if (this.#waiting) return void this.#waiting.push({ message, resolve });
      this.#waiting = [{ message, resolve }];
      setTimeout(() => this.#flush(), 0);
    });
  }

  #flush() {
    const batch = this.#waiting;
    this.#waiting = undefined;
    const ids = this.ctx.storage.transactionSync(() => batch.map(({ message }) => this.#write(message)));
    batch.forEach(({ resolve }, at) => resolve(ids[at]));
  }

  #write(message) {
    const id = crypto.randomUUID();
    this.ctx.storage.sql.exec("INSERT INTO seen VALUES (?, ?)", id, message);
    return id;
  }
}

export default {
  async fetch(request, env) {
    if (request.method === "GET") return new Response("ok");
    const message = await request.text();
    const id = await env.FLOOR.get(env.FLOOR.idFromName("floor")).admit(message);
    return Response.json({ id, message });
  },
};
