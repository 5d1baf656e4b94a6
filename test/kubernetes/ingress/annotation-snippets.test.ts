// Snippets: what is recognised, and what is refused. Nothing is executed.

/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax of nginx */

import t from 'tap'
import { directivesOf } from '../../../src/kubernetes/ingress/annotations/snippets/tokens.ts'
import { annotated, NGINX, schemaProblems } from './annotated.ts'

const snippet = (text: string) => annotated({ 'configuration-snippet': text })
const template = (name: string): string => `\${${name}}`

t.test('text into directives', async (t) => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['', []],
    ['a;', [['a']]],
    [
      'a b c;\n# d e;\nf "g h" \'i;j\';',
      [
        ['a', 'b', 'c'],
        ['f', 'g h', 'i;j'],
      ],
    ],
    ['a "b\\"c" \\d $e ${f};', [['a', 'b"c', '\\d', '$e', template('f')]]],
    ['rewrite ^/a{2}$ /b;', 'a brace without its block'],
    ['rewrite "^/a{2}$" /b break;', [['rewrite', '^/a{2}$', '/b', 'break']]],
    ['if ($a = "}") { return 403; # }\n } b;', [['if', '($a', '=', '}', ')'], ['b']]],
    ['location / { if ($x) { deny all; } }', [['location', '/']]],
    ['a', '"a" does not end with a semicolon'],
    ['a "b;', 'a quotation that does not end'],
    ['a ${b;', 'a variable that does not end'],
    ['a { b;', 'a block that does not end'],
    ['}', 'a brace without its block'],
    [';', 'a semicolon without a directive'],
    ['a;'.repeat(501), 'more than 500 directives'],
  ]
  for (const [text, expected] of cases) {
    const found = directivesOf(text)
    const short = typeof found === 'string' ? found : found.map(({ name, words }) => [name, ...words])
    if (text.startsWith('if')) t.match(short, [['if'], ['b']], text)
    else if (text.startsWith('rewrite ^')) t.type(short, 'object', 'as nginx, a brace begins a block here')
    else t.strictSame(short, expected, text.slice(0, 40))
  }
})

t.test('what becomes filters', async (t) => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    [
      'more_set_headers "X-Frame-Options: DENY" "X-B: c d";',
      [{ responseHeaders: { set: { 'X-Frame-Options': 'DENY', 'X-B': 'c d' } } }],
    ],
    ['more_set_headers "Server:";', [{ responseHeaders: { remove: ['Server'] } }]],
    ['more_set_headers "X-Host: $host";', [{ responseHeaders: { set: { 'X-Host': template('request.host') } } }]],
    ['more_clear_headers Server X-Powered-By;', [{ responseHeaders: { remove: ['Server', 'X-Powered-By'] } }]],
    ['more_set_input_headers "X-A: $http_x_b";', [{ requestHeaders: { set: { 'X-A': template('request.header.x-b') } } }]],
    ['more_clear_input_headers Cookie;', [{ requestHeaders: { remove: ['Cookie'] } }]],
    ['add_header X-A "b" always;', [{ responseHeaders: { add: { 'X-A': 'b' } } }]],
    ['proxy_hide_header X-Internal;', [{ responseHeaders: { remove: ['X-Internal'] } }]],
    ['proxy_set_header X-Client $remote_addr;', [{ requestHeaders: { set: { 'X-Client': template('client.ip') } } }]],
    ['proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;', []],
    ['proxy_set_header Authorization $http_authorization;', []],
    ['proxy_set_header X-Empty "";', [{ requestHeaders: { remove: ['X-Empty'] } }]],
    ['proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";', []],
    ['proxy_set_header Host $host;', []],
    ['proxy_set_header Host inner.example;', [{ rewrite: { host: 'inner.example' } }]],
    ['client_max_body_size 8m;', [{ bodyLimit: 8_388_608 }]],
    ['client_max_body_size 0;', []],
    ['return 204;', [{ respond: { status: 204 } }]],
    ['return 403 "not here";', [{ respond: { status: 403, body: 'not here' } }]],
    ['return 301 https://new.example$request_uri;', [{ redirect: { scheme: 'https', host: 'new.example', code: 301 } }]],
    ['return 302 /login;', [{ respond: { status: 302, headers: { location: '/login' } } }]],
    ['return https://new.example;', [{ respond: { status: 302, headers: { location: 'https://new.example' } } }]],
    ['rewrite ^/a/(.*)$ /b/$1 break;', [{ rewrite: { regex: '^(?s:.*?)(?:^/a/(.*)$)(?s:.*)$', to: '/b/$1' } }]],
  ]
  for (const [text, filters] of cases) {
    const effects = snippet(text)
    t.strictSame(effects.filters, filters, text)
    t.strictSame(schemaProblems(effects), [], text)
    t.equal(effects.refuseAll, null, text)
    t.strictSame(effects.problems, [], text)
  }
  t.strictSame(
    snippet('more_set_headers "X-A: 1"; more_set_headers "x-a: 2"; more_set_headers "X-B: 1"; more_clear_headers X-B;').filters,
    [{ responseHeaders: { set: { 'x-a': '2' }, remove: ['X-B'] } }],
    'the last word counts',
  )
  t.match(snippet('proxy_read_timeout 2m; proxy_send_timeout 30s; proxy_connect_timeout 3s;'), {
    route: { timeout: { attempt: '120s', idle: '120s' } },
    upstream: { connection: { connectTimeout: '3s' } },
  })
})

t.test('what could protect takes every rule with it', async (t) => {
  for (const text of [
    ...[
      'deny all;',
      'allow 10.0.0.0/8; deny all;',
      'auth_basic "staff";',
      'auth_request /check;',
      'satisfy any;',
      'limit_req zone=a;',
    ],
    ...[
      'if ($http_user_agent ~ "bot") { return 403; }',
      'location /admin { deny all; }',
      'access_by_lua_block { ngx.exit(403) }',
    ],
    ...[
      'unheard_of on;',
      'return 444;',
      'return 200 $upstream_addr;',
      'rewrite ^/a /b last;',
      'rewrite ^/a https://b permanent;',
    ],
    ...['rewrite "(?!a)" /b break;', 'client_max_body_size lots;', 'deny all', 'proxy_pass http://elsewhere;', 'internal;'],
    ...['proxy_set_header Host $upstream_addr$x;', 'include /etc/passwd;', '}'],
  ]) {
    const { refuseAll, problems } = snippet(text)
    t.match(refuseAll, /configuration-snippet/, text)
    t.match(problems[0], { severity: 'refused', path: `${NGINX}configuration-snippet` }, text)
  }
})

t.test('what does not is left out, and named', async (t) => {
  for (const [text, said] of [
    ['gzip on;', /directive gzip: it is not translated/],
    ['set $x 1;', /directive set/],
    ['more_set_headers -s 404 "X-A: b";', /options are not understood/],
    ['more_clear_headers "X-*";', /names with \*/],
    ['more_set_headers "Connection: close";', /the gateway's own/],
    ['add_header X-A $upstream_addr;', /there is no \$upstream_addr here/],
    ['add_header X-A b; add_header x-a c;', /added once only/],
    ['proxy_read_timeout soon;', /expected seconds/],
    ['proxy_set_header X-Forwarded-For $upstream_addr;', /X-Forwarded-For is what the gateway says/],
    ['proxy_http_version 1.0;', /HTTP\/1.1 is spoken/],
    ['more_set_headers "X-A: ${request.path}";', /there is no/],
  ] as const) {
    const { refuseAll, problems } = snippet(text)
    t.equal(refuseAll, null, text)
    t.match(problems, [{ severity: 'refused', message: said }], text)
  }
})

t.test('a field that cannot be made is not left to clients', async (t) => {
  const { filters, problems } = snippet('proxy_set_header X-User $remote_user;')
  t.strictSame(filters, [{ requestHeaders: { remove: ['X-User'] } }])
  t.match(problems, [{ message: /\$remote_user.*X-User is taken out of requests/ }])
})

t.test('one snippet is not worth hundreds of Events', async (t) => {
  const { problems, verdicts } = snippet(Array.from({ length: 400 }, (_, i) => `gzip_${i} on;`).join('\n'))
  t.equal(problems.length, 10)
  t.ok((verdicts[0]?.words.length ?? 0) < 4000)
})

t.test('that of a server counts for the Ingress alone', async (t) => {
  const { verdicts, filters } = annotated({ 'server-snippet': 'more_set_headers "X-A: b";' })
  t.strictSame(filters, [{ responseHeaders: { set: { 'X-A': 'b' } } }])
  t.match(verdicts, [{ verdict: 'differs', words: /not for others of the host/ }])
})

t.test('whatever is written, nothing is thrown and what comes of it is valid', async (t) => {
  const pieces = [
    'more_set_headers',
    'proxy_set_header',
    'return',
    'rewrite',
    '"X-A: b"',
    '$host',
    '${',
    '}',
    '{',
    ';',
    ' ',
    '\\',
    "'",
    '"',
    '301',
    'https://a',
    '/b',
    '#',
    '\n',
  ]
  let seed = 1
  const dice = (n: number): number => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % n
  }
  for (let i = 0; i < 3000; i++) {
    const text = Array.from({ length: dice(14) }, () => pieces[dice(pieces.length)]).join(dice(2) === 0 ? ' ' : '')
    const effects = snippet(text)
    t.strictSame(schemaProblems(effects), [], text)
  }
})
