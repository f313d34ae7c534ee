// The built Worker on bare workerd, without wrangler.
import { createRequire } from "node:module";
import { join, relative } from "node:path";

/** The runtime itself, not the npm package's JavaScript launcher. */
export function workerdBinary() {
  const require = createRequire(import.meta.url);
  const platform = { x64: "64", arm64: "arm64" }[process.arch];
  return require.resolve(`@cloudflare/workerd-${process.platform}-${platform}/bin/workerd`);
}

const FIELD = { ESModule: "esModule", CompiledWasm: "wasm" };
const quote = (text) => JSON.stringify(text);
const list = (items) => `[\n    ${items.join(",\n    ")}\n  ]`;

/**
 * workerd's configuration, to be written into `folder`.
 * `vars` are bindings by value, `environment` maps bindings to variables of workerd's own environment.
 */
export function workerdConfig({ manifest, build, port, data, vars, environment, folder }) {
  const modules = manifest.modules.map(
    ({ name, type }) => `(name = ${quote(name)}, ${FIELD[type]} = embed ${quote(relative(folder, join(build, name)))})`,
  );
  const bindings = [
    ...Object.entries(vars).map(([name, value]) => `(name = ${quote(name)}, text = ${quote(value)})`),
    ...Object.entries(environment).map(([name, value]) => `(name = ${quote(name)}, fromEnvironment = ${quote(value)})`),
    ...manifest.durableObjects.map(({ name, className }) => `(name = ${quote(name)}, durableObjectNamespace = ${quote(className)})`),
  ];
  const namespaces = manifest.durableObjects.map(
    ({ className }) => `(className = ${quote(className)}, uniqueKey = ${quote(`moecraft-${className}`)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .moecraft),
    (name = "net", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    (name = "disk", disk = (path = ${quote(data)}, writable = true))
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);

const moecraft :Workerd.Worker = (
  modules = ${list(modules)},
  compatibilityDate = ${quote(manifest.compatibilityDate)},
  compatibilityFlags = ${list(manifest.compatibilityFlags.map(quote))},
  bindings = ${list(bindings)},
  durableObjectNamespaces = ${list(namespaces)},
  durableObjectStorage = (localDisk = "disk"),
  globalOutbound = "net"
);
`;
}
