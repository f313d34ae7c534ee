// Writes answers into a tenant's object beside those that the gateway has kept there: copies of one of them, under
// keys that nobody asks for and questions of the same scope with vectors drawn at random. It runs in place of the
// gateway on the gateway's objects, because to ask for so many answers one by one would take hours.
import { DurableObject } from "cloudflare:workers";

const ANSWERS = `
  INSERT INTO surrogates
  WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
  SELECT printf('x%063d', n), model, created, expires, bytes, cost, savings, tokens, uses, used, priority
  FROM number, (SELECT * FROM surrogates LIMIT 1)`;
const TEXTS = `
  INSERT INTO surrogate_answers
  SELECT key, (SELECT answer FROM surrogate_answers LIMIT 1) FROM surrogates WHERE key >= 'x'`;
const QUESTIONS = `
  INSERT INTO surrogate_questions (key, scope, question, vector, right, wrong)
  SELECT key, scope, 'Which house of ' || key || ' is the next?', randomblob(256), 0, 0
  FROM surrogates, (SELECT scope FROM surrogate_questions LIMIT 1) WHERE key >= 'x'`;

export class MOECraftOrchestrator extends DurableObject {
  fill(count) {
    const { sql } = this.ctx.storage;
    this.ctx.storage.transactionSync(() => {
      sql.exec(ANSWERS, count);
      sql.exec(TEXTS);
      sql.exec(QUESTIONS);
    });
  }
}

export default {
  async fetch(request, env) {
    const { searchParams } = new URL(request.url);
    const tenant = searchParams.get("tenant");
    if (tenant) await env.ORCHESTRATOR.get(env.ORCHESTRATOR.idFromName(tenant)).fill(Number(searchParams.get("count")));
    return new Response("ok");
  },
};
