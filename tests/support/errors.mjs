// The one shape every error has: OpenAI's.
import assert from "node:assert/strict";

/** Asserts an error in OpenAI's form; gives the error object for what a test wants to see beyond. */
export function assertError({ status, headers, json, text }, expected) {
  assert.equal(status, expected.status, text);
  assert.match(headers.get("content-type"), /^application\/json/);
  assert.deepEqual(Object.keys(json ?? {}), ["error"], text);
  const { error } = json;
  assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"], text);
  assert.ok(error.message.length > 10, "the message says something");
  for (const field of ["type", "code", "param"]) {
    if (field in expected) assert.equal(error[field], expected[field], text);
  }
  return error;
}
