// How providers fail, in the form of the dialect they were asked in.
//
//   quota         nothing left, as a subscription says it (until a time that is hours away) or an account
//   quota-soon    the same, but the subscription's time is only seconds away
//   rate          too fast: try again in a second
//   overloaded    529 or 503
//   error         500
//   unauthorized  the gateway's own key is refused
//   hang          nothing comes, for as long as the caller waits
//   drop          the connection ends before any answer
//   cut           the answer breaks off in its middle

const inSeconds = (seconds) => Math.ceil(Date.now() / 1000) + seconds;

const STATUSES = {
  quota: (form) => form.quota(inSeconds(3 * 3600), 3 * 3600),
  "quota-soon": (form) => form.quota(inSeconds(2), 2),
  rate: () => ({ status: 429, message: "Number of requests has exceeded your rate limit.", code: "rate_limit_exceeded", headers: { "retry-after": "1" } }),
  overloaded: (form) => form.overloaded,
  error: () => ({ status: 500, message: "Internal server error" }),
  unauthorized: () => ({ status: 401, message: "invalid x-api-key", code: "invalid_api_key" }),
};

/** Answers a request that fails from its start. False where the failure comes later (`cut`). */
export function hasFailed(mode, form, response) {
  if (mode === "cut") return false;
  if (mode === "hang") return true;
  if (mode === "drop") {
    response.destroy();
    return true;
  }
  const { status, message, headers, type, code } = STATUSES[mode](form);
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(form.error(status, message, { type, code })));
  return true;
}
