// Plays the recorded Socket.IO scenario against a running server: node scenario.mjs URL[,URL] KEYS.json RECORDED.jsonl
// With two servers the first is called over HTTP, the second has the clients, but for one of two who look at a ticket.
// Each client must hear the same events with the same arguments, in the same order, step by step; times and names that
// are made up count as equal. Closes with "N steps passed, N failed"; exit status 1 when any failed.
import fs from 'node:fs'
import assert from 'node:assert/strict'
import { call, connect, onTicket, pause } from './lib.mjs'

const [urls, keysFile, recordedFile] = process.argv.slice(2)
const [url, second = url] = urls.split(',')
const keys = JSON.parse(fs.readFileSync(keysFile, 'utf8'))
const recorded = fs
  .readFileSync(recordedFile, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line))

const SITE = 'ref.localhost'
const own = { host: SITE, origin: `http://${SITE}` }
const sockets = {}
let heard = []

function join(client, headers, namespace = SITE) {
  sockets[client] = connect(client === 'agent2' ? url : second, namespace, headers, (event, args) => heard.push({ client, event, args }))
}
const withKey = (client) => join(client, { ...own, authorization: `token ${keys[client]}` })
const put = (body) => call(url, keys.manager, 'PUT', '/api/resource/HD Ticket/0042', body)

const steps = {
  connect_bad_namespace: () => join('bad-ns', { ...own, authorization: `token ${keys.agent}` }, 'other.localhost'),
  connect_bad_origin: () =>
    join('bad-origin', { host: SITE, origin: 'http://evil.example', authorization: `token ${keys.agent}` }),
  connect_no_origin: () => join('no-origin', { host: SITE, authorization: `token ${keys.agent}` }),
  connect_no_auth: () => join('no-auth', own),
  connect_cookie_without_sid: () => join('no-sid', { ...own, cookie: 'user_id=Guest' }),
  connect_bad_token: () => join('bad-token', { ...own, authorization: 'token nobody:nothing' }),
  connect_bad_sid: () => join('bad-sid', { ...own, cookie: 'sid=0123456789abcdef' }),
  connect_guest_sid: () => {
    sockets['bad-sid'].disconnect()
    join('guest', { ...own, cookie: 'sid=Guest' })
  },
  connect_all: () => ['agent', 'agent2', 'manager', 'customer', 'customer2'].forEach(withKey),
  ping: () => sockets.agent.emit('ping'),
  subscribe: () => {
    for (const client of ['agent', 'customer']) {
      sockets[client].emit('doctype_subscribe', 'HD Ticket')
      sockets[client].emit('doc_subscribe', 'HD Ticket', '0042')
    }
  },
  doc_open_one: () => sockets.agent.emit('doc_open', 'HD Ticket', '0042'),
  doc_open_two: () => sockets.agent2.emit('doc_open', 'HD Ticket', '0042'),
  doc_open_denied: () => sockets.customer.emit('doc_open', 'HD Ticket', '0042'),
  put_ticket: () => put({ priority: 'Low' }),
  post_ticket: () =>
    call(url, keys.customer, 'POST', '/api/method/helpdesk.helpdesk.doctype.hd_ticket.api.new', {
      doc: { subject: 'Live', description: '<p>x</p>', via_customer_portal: 1 },
    }),
  new_comment: () => onTicket(url, keys.manager, '0042', 'new_comment', { content: '<p>c</p>' }),
  assign_agent: () =>
    onTicket(url, keys.manager, '0042', 'assign_agent', { agent: 'bella.agent@desk.example' }),
  reply_via_agent: () =>
    onTicket(url, keys.manager, '0042', 'reply_via_agent', { message: '<p>r</p>', to: 'x@hooli.example' }),
  failed_put: () => put({ priority: 'No such priority' }),
  mention_comment: () =>
    onTicket(url, keys.manager, '0042', 'new_comment', {
      content:
        '<p><span class="mention" data-type="mention" data-id="arun.agent@desk.example" data-label="Arun">@Arun</span></p>',
    }),
  doc_close: () => sockets.agent2.emit('doc_close', 'HD Ticket', '0042'),
  unsubscribe_put: async () => {
    sockets.agent.emit('doctype_unsubscribe', 'HD Ticket')
    sockets.agent.emit('doc_unsubscribe', 'HD Ticket', '0042')
    await pause(300)
    return put({ priority: 'High' })
  },
  disconnect_viewer: () => {
    sockets.agent.disconnect()
  },
  delete_doc: async () => {
    await call(url, keys.manager, 'POST', '/api/resource/HD Ticket Type', { name: 'Live', description: 'x' })
    return call(url, keys.manager, 'DELETE', '/api/resource/HD Ticket Type/Live')
  },
}

// Times and names that differ each time.
function plain(value, key) {
  if (Array.isArray(value)) return value.map((item) => plain(item))
  if (value && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item, name)]))
  }
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(value)) return '<time>'
  if (key === 'name' && /^[0-9a-z]{10}$/.test(value)) return '<name>'
  return value
}

function byClient(events) {
  const clients = {}
  for (const { client, event, args } of events) (clients[client] ??= []).push([event, plain(args)])
  return clients
}

// The original tells an assignee by a job, and while it was recorded no worker ran.
const isLater = (step, { client, event }) =>
  step === 'assign_agent' && client === 'agent2' && event === 'notification'

let passed = 0
let failed = 0
for (const { step, http, events } of recorded) {
  try {
    assert.ok(steps[step], 'the recording has a step that this script does not know')
    heard = []
    const answer = await steps[step]()
    for (let waited = 0; waited < 5000 && heard.length < events.length; waited += 20) await pause(20)
    // Whatever should not come has time to come.
    await pause(400)
    if (http) assert.equal(answer.status, http.status, JSON.stringify(answer.json).slice(0, 500))
    assert.deepEqual(byClient(heard.filter((one) => !isLater(step, one))), byClient(events))
    passed += 1
  } catch (error) {
    failed += 1
    console.error(`FAILED ${step}: ${error.message}`)
  }
}
Object.values(sockets).forEach((socket) => socket.disconnect())
console.log(`${passed} steps passed, ${failed} failed, ${second === url ? 'one server' : 'two servers'}`)
process.exit(failed ? 1 : 0)
