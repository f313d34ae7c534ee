// A provider behind a binding of the Worker (Workers AI), as a place that can be fetched like the
// others: it has no address, takes the model's name beside the body, and needs no key.

export const bound = (binding, model) => ({
  fetch: (_url, { body }) => binding.run(model, JSON.parse(new TextDecoder().decode(body)), { returnRawResponse: true }),
});
