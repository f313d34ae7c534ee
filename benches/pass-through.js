// The floor that MOECraft is measured against: a Worker that hands request and answer through untouched.
export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return fetch(env.UPSTREAM_URL + pathname, { method: request.method, headers: request.headers, body: request.body });
  },
};
