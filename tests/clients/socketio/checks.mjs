// Checks of a demonstration site, which must have `socketio_port` set:
//   node checks.mjs URL SOCKET_PORT KEYS.json, with keys of admin, nora, tomas, portal and a bearer token of mei.
// Closes with "N passed, N failed"; exit status 1 when anything failed.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import { io } from 'socket.io-client'
import { call, connect, onTicket, pause } from './lib.mjs'

const [url, port, keysFile] = process.argv.slice(2)
const keys = JSON.parse(fs.readFileSync(keysFile, 'utf8'))
const host = new URL(url).hostname
const origin = { origin: `http://${host}` }
const withKey = (who) => ({ ...origin, authorization: `token ${keys[who]}` })
const open = []

// A connected client with what it heard.
async function client(headers, options = {}, base = url) {
  const heard = []
  const socket = connect(base, host, headers, (event, args) => heard.push([event, ...args]), options)
  open.push(socket)
  await until(() => heard.length > 0, 'no answer to the connection')
  if (heard[0][0] === '(connected)') heard.shift()
  const of = (event) => heard.filter(([name]) => name === event).map(([, ...args]) => args)
  return { socket, heard, of }
}

async function until(is, what, ms = 8000) {
  for (let waited = 0; waited < ms; waited += 20) {
    if (is()) return
    await pause(20)
  }
  assert.fail(typeof what === 'function' ? what() : what)
}

// What the server was asked has been done once it answers a later question.
async function settled(one) {
  const before = one.of('pong').length
  one.socket.emit('ping')
  await until(() => one.of('pong').length >= before + 2, 'no pong')
}

let passed = 0
let failed = 0
async function check(name, body) {
  try {
    await body()
    passed += 1
  } catch (error) {
    failed += 1
    console.error(`FAILED ${name}: ${error?.message ?? error}`)
  }
  for (const socket of open.splice(0)) socket.disconnect()
}

const made = await call(url, keys.nora, 'POST', '/api/resource/HD Ticket', {
  subject: 'Live', description: '<p>x</p>', raised_by: 'ada@acme.example',
})
assert.equal(made.status, 200, JSON.stringify(made.json))
const ticket = made.json.data.name
const rename = (subject) => call(url, keys.nora, 'PUT', `/api/resource/HD Ticket/${ticket}`, { subject })
const room = `doc:HD Ticket/${ticket}`

// Leave the namespace and stay connected; looked at in the end, since a server is patient.
const leaving = await Promise.all(
  ['polling', 'websocket'].map(async (transport) => {
    const one = await client(withKey('nora'), { transports: [transport] })
    one.socket.io.engine.write(`41/${host},`)
    return one.socket.io.engine
  }),
)
open.length = 0

await check('polling, and polling that changes over to a websocket', async () => {
  for (const transports of [['polling'], ['polling', 'websocket']]) {
    const one = await client(withKey('nora'), { transports })
    if (transports.length > 1) {
      await until(() => one.socket.io.engine.transport.name === 'websocket', 'it did not change over')
    }
    one.socket.emit('doc_subscribe', 'HD Ticket', ticket)
    await settled(one)
    await rename(`By ${transports}`)
    await until(() => one.of('doc_update').length === 1, () => `heard ${JSON.stringify(one.heard)}`)
    assert.equal(one.of('doc_update')[0][0].name, ticket)
    await pause(150)
  }
})

await check('the second port has Socket.IO alone', async () => {
  const second = `http://${host}:${port}`
  const one = await client(withKey('nora'), {}, second)
  await settled(one)
  assert.equal((await fetch(`${second}/api/method/ping`)).status, 404)
})

await check('a page of this host may read polling answers, another may not', async () => {
  const ask = (from) => fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { origin: from } })
  const own = await ask(`http://${host}:1234`)
  assert.equal(own.headers.get('access-control-allow-origin'), `http://${host}:1234`)
  assert.equal(own.headers.get('access-control-allow-credentials'), 'true')
  assert.equal((await ask('http://evil.example')).headers.get('access-control-allow-origin'), null)
})

await check('a bearer token and a cookie sign in, too', async () => {
  const login = await fetch(`${url}/api/method/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...origin, origin: url },
    body: JSON.stringify({ usr: 'tomas@desk.example', pwd: keys.tomas_password }),
  })
  assert.equal(login.status, 200)
  const cookie = login.headers.getSetCookie().find((one) => one.startsWith('sid=')).split(';')[0]
  for (const headers of [{ ...origin, authorization: `Bearer ${keys.mei_token}` }, { ...origin, cookie }]) {
    const one = await client(headers)
    one.socket.emit('doc_subscribe', 'HD Ticket', ticket)
    await settled(one)
    await rename(`For ${Object.keys(headers)}`)
    await until(() => one.of('doc_update').length === 1, () => `heard ${JSON.stringify(one.heard)}`)
    await pause(150)
  }
  // Signing out takes the socket along.
  const one = await client({ ...origin, cookie })
  await fetch(`${url}/api/method/logout`, { method: 'POST', headers: { cookie, origin: url } })
  await until(() => one.socket.disconnected, 'the socket outlived its session')
})

await check('nobody enters the rooms of what they may not read', async () => {
  const portal = await client(withKey('portal'))
  const guest = await client({ ...origin, cookie: 'sid=Guest' })
  for (const one of [portal, guest]) {
    one.socket.emit('doc_subscribe', 'HD Ticket', ticket)
    one.socket.emit('doc_open', 'HD Ticket', ticket)
    one.socket.emit('view_ticket', ticket)
    one.socket.emit('ticket_get_viewers', ticket)
    one.socket.emit('doctype_subscribe', 'User')
    one.socket.emit('task_subscribe', '')
    one.socket.emit('doc_subscribe', 'User', 'Administrator')
    one.socket.emit('doc_subscribe', 'No Such DocType', 'x')
    await settled(one)
  }
  const nora = await client(withKey('nora'))
  nora.socket.emit('view_ticket', ticket)
  await settled(nora)
  await rename('Not for everybody')
  await until(() => nora.of('helpdesk:ticket-update').length === 1, 'the agent heard nothing')
  await pause(300)
  for (const one of [portal, guest]) {
    assert.deepEqual(one.heard.filter(([event]) => event !== 'pong'), [])
  }
  assert.deepEqual(nora.of('ticket_viewers').at(-1)[0].users, '["nora@desk.example"]')
})

await check('customers hear of their tickets, not of what the desk writes among itself', async () => {
  const own = await call(url, keys.portal, 'POST', '/api/method/helpdesk.helpdesk.doctype.hd_ticket.api.new', {
    doc: { subject: 'My own', description: '<p>x</p>', via_customer_portal: 1 },
  })
  assert.equal(own.status, 200, JSON.stringify(own.json).slice(0, 300))
  const name = own.json.message.name
  const portal = await client(withKey('portal'), { auth: { last_event_id: 0, rooms: [`doc:HD Ticket/${name}`] } })
  const nora = await client(withKey('nora'))
  for (const one of [portal, nora]) {
    one.socket.emit('doc_subscribe', 'HD Ticket', name)
    await settled(one)
  }
  const before = portal.of('events:resumed')[0][0].last_event_id
  const comment = await call(url, keys.nora, 'POST', '/api/method/frappe.desk.form.utils.add_comment', {
    reference_doctype: 'HD Ticket', reference_name: name, content: '<p>internal</p>',
    comment_email: 'nora@desk.example', comment_by: 'Nora',
  })
  assert.equal(comment.status, 200)
  const reply = await call(url, keys.admin, 'POST', '/api/resource/Communication', {
    communication_type: 'Communication', communication_medium: 'Email', sent_or_received: 'Sent', status: 'Linked',
    subject: 'Re', content: '<p>to the customer</p>', reference_doctype: 'HD Ticket', reference_name: name,
  })
  assert.equal(reply.status, 200, JSON.stringify(reply.json).slice(0, 300))
  const contents = (one) => one.of('docinfo_update').map(([payload]) => payload.doc.content)
  await until(() => contents(nora).length >= 3 && contents(portal).length, () => `${contents(nora)} | ${contents(portal)}`)
  await pause(200)
  assert.ok(contents(nora).includes('<p>internal</p>'))
  assert.deepEqual(contents(portal), ['<p>to the customer</p>'])
  const again = await client(withKey('portal'), { auth: { last_event_id: before, rooms: [`doc:HD Ticket/${name}`] } })
  await until(() => contents(again).length, 'nothing was handed over')
  assert.deepEqual(contents(again), ['<p>to the customer</p>'])
})

await check('viewers of a ticket, typing, and going without a word', async () => {
  const nora = await client(withKey('nora'))
  const tomas = await client(withKey('tomas'))
  nora.socket.emit('view_ticket', ticket)
  await settled(nora)
  tomas.socket.emit('view_ticket', ticket)
  await settled(tomas)
  const viewers = { ticket_id: ticket, users: '["nora@desk.example","tomas@desk.example"]', total_viewers: 2 }
  for (const one of [nora, tomas]) {
    await until(() => one.of('ticket_viewers').length, 'no viewers')
    assert.deepEqual(one.of('ticket_viewers').at(-1), [viewers])
  }
  tomas.socket.emit('helpdesk_ticket_typing', ticket)
  tomas.socket.emit('notify_ticket_update', ticket, 'status', 'Closed')
  tomas.socket.emit('notify_ticket_update', ticket, '', 'Closed')
  await settled(tomas)
  await until(() => nora.of('ticket_update').length === 1, 'no ticket_update')
  const by = { ticket_id: ticket, user: 'tomas@desk.example' }
  assert.deepEqual(nora.of('helpdesk_ticket_typing'), [[by]])
  assert.deepEqual(nora.of('ticket_update'), [[{ ...by, field: 'status', value: 'Closed' }]])
  assert.equal(tomas.of('helpdesk_ticket_typing').length + tomas.of('ticket_update').length, 0)
  tomas.socket.disconnect()
  await until(() => nora.of('ticket_viewers').at(-1)[0].total_viewers === 1, 'nobody was told')
})

await check('bursts are joined, and the last state arrives', async () => {
  const one = await client(withKey('nora'))
  one.socket.emit('doc_subscribe', 'HD Ticket', ticket)
  await settled(one)
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => rename(`Burst ${i}`)))
  const saved = answers.filter((answer) => answer.status === 200).map((answer) => answer.json.data.modified)
  const last = saved.sort().at(-1)
  await until(() => one.of('doc_update').at(-1)?.[0].modified === last, 'the last state did not arrive')
  await pause(300)
  assert.ok(one.of('doc_update').length < saved.length, `${one.of('doc_update').length} of ${saved.length}`)
})

await check('who comes back gets what it missed, in order, and nothing twice', async () => {
  const auth = { last_event_id: 0, rooms: [room] }
  const first = await client(withKey('nora'), { auth })
  await until(() => first.of('events:resumed').length, 'not told')
  const start = first.of('events:resumed')[0][0]
  assert.deepEqual([start.complete, start.missed], [true, 0])
  await rename('Seen')
  await until(() => first.of('doc_update').length, 'no event')
  const last = first.of('doc_update').at(-1)[1].id
  first.socket.disconnect()
  for (const i of [1, 2, 3]) {
    await onTicket(url, keys.nora, ticket, 'new_comment', { content: `<p>${i}</p>` })
    await call(url, keys.nora, 'POST', '/api/method/frappe.desk.form.utils.add_comment', {
      reference_doctype: 'HD Ticket', reference_name: ticket, content: `<p>missed ${i}</p>`,
      comment_email: 'nora@desk.example', comment_by: 'Nora',
    })
  }
  const again = await client(withKey('nora'), { auth: { last_event_id: last, rooms: [room] } })
  await until(() => again.of('docinfo_update').length >= 6, () => `heard ${JSON.stringify(again.heard).slice(0, 400)}`)
  const told = again.of('events:resumed')[0][0]
  assert.deepEqual([told.complete, told.rooms.includes(room)], [true, true])
  const ids = again.heard.filter(([, , id]) => id?.id).map(([, , { id }]) => id)
  assert.deepEqual(ids, [...new Set(ids)].sort((a, b) => a - b))
  assert.ok(ids.every((id) => id > last) && ids.length === told.missed)
  const added = again.of('docinfo_update').filter(([payload]) => payload.action === 'add')
  assert.deepEqual(added.map(([payload]) => payload.doc.content), [1, 2, 3].map((i) => `<p>missed ${i}</p>`))
  // Entering a room later hands over what was missed in it, too.
  const later = await client(withKey('nora'), { auth: { last_event_id: last } })
  later.socket.emit('doc_subscribe', 'HD Ticket', ticket)
  await until(() => later.of('docinfo_update').length >= 6, 'nothing for a room that was entered later')
  // What is not there any more is said to be missing.
  const late = await client(withKey('nora'), { auth: { last_event_id: 1, rooms: [room] } })
  await until(() => late.of('events:resumed').length, 'not told')
  assert.equal(late.of('events:resumed')[0][0].complete, false)
  // Not for those who may not read it.
  const portal = await client(withKey('portal'), { auth: { last_event_id: last, rooms: [room, 'all', 'user:nora@desk.example'] } })
  await settled(portal)
  const heard = portal.of('events:resumed')[0][0]
  assert.ok(![room, 'all', 'user:nora@desk.example'].some((one) => heard.rooms.includes(one)), heard.rooms)
  assert.equal(portal.of('docinfo_update').length, 0)
})

await check('who loses a right leaves the room, who is disabled is dropped', async () => {
  const temp = await client(withKey('temp'))
  temp.socket.emit('doc_subscribe', 'HD Ticket', ticket)
  await settled(temp)
  await rename('Still there')
  await until(() => temp.of('doc_update').length === 1, () => `heard ${JSON.stringify(temp.heard)}`)
  const user = '/api/resource/User/temp@desk.example'
  assert.equal((await call(url, keys.admin, 'PUT', user, { roles: [] })).status, 200)
  await pause(2500)
  await rename('Not there')
  await pause(500)
  assert.equal(temp.of('doc_update').length, 1)
  assert.ok(temp.socket.connected)
  assert.equal((await call(url, keys.admin, 'PUT', user, { enabled: 0 })).status, 200)
  await until(() => temp.socket.disconnected, 'it is still there')
})

await check('floods, large packets and nonsense cost their sender the connection, nobody else', async () => {
  const watcher = await client(withKey('nora'))
  const flood = await client(withKey('tomas'))
  for (let i = 0; i < 2000; i++) flood.socket.emit('ping')
  await until(() => flood.socket.disconnected, 'a flood goes on')
  const large = await client(withKey('tomas'))
  large.socket.emit('ping', 'x'.repeat(200_000))
  await until(() => large.socket.disconnected, 'a large packet was taken')
  const odd = await client(withKey('tomas'))
  odd.socket.emit('no_such_event', { a: 1 }, [2])
  odd.socket.emit('doc_subscribe', { a: 1 }, [2])
  odd.socket.emit('doc_open')
  odd.socket.emit('view_ticket', null)
  odd.socket.emit('notify_ticket_update', 1)
  await settled(odd)
  odd.socket.io.engine.write('nonsense')
  await until(() => odd.socket.disconnected, 'nonsense was taken')
  await settled(watcher)
  assert.ok(watcher.socket.connected)
})

await check('many rooms are too many', async () => {
  const one = await client(withKey('admin'))
  for (let i = 0; i < 260; i++) {
    one.socket.emit('task_subscribe', `task-${i}`)
    if (i % 20 === 19) {
      await settled(one)
      await pause(800)
    }
  }
  assert.ok(one.socket.connected)
})

await check('who never reads is dropped, others hear everything', async () => {
  const watcher = await client(withKey('nora'))
  watcher.socket.emit('doc_subscribe', 'HD Ticket', ticket)
  await settled(watcher)
  const raw = net.connect(new URL(url).port, host)
  let closed = false
  raw.on('close', () => (closed = true))
  raw.on('error', () => (closed = true))
  const text = (body) => {
    const data = Buffer.from(body)
    const mask = Buffer.from([1, 2, 3, 4])
    assert.ok(data.length < 126)
    return Buffer.concat([Buffer.from([0x81, 0x80 | data.length]), mask, data.map((byte, i) => byte ^ mask[i % 4])])
  }
  raw.write(
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n' +
      `Host: ${host}\r\nOrigin: http://${host}\r\nAuthorization: token ${keys.nora}\r\n` +
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  let got = ''
  const joined = new Promise((resolve) => {
    raw.on('data', (data) => {
      got += data.toString('latin1')
      if (got.includes('"pong"')) resolve()
    })
  })
  await pause(300)
  raw.write(text(`40/${host},`))
  await pause(300)
  raw.write(text(`42/${host},["doc_subscribe","HD Ticket","${ticket}"]`))
  raw.write(text(`42/${host},["ping"]`))
  await joined
  raw.pause()
  const content = `<p>${'y'.repeat(60_000)}</p>`
  const comment = () =>
    call(url, keys.nora, 'POST', '/api/method/frappe.desk.form.utils.add_comment', {
      reference_doctype: 'HD Ticket', reference_name: ticket, content,
      comment_email: 'nora@desk.example', comment_by: 'Nora',
    })
  let sent = 0
  const began = Date.now()
  // A paused socket does not hear that it was closed; the server says so itself: writing to it fails.
  while (!closed && Date.now() - began < 60_000) {
    if (sent < 160) {
      const answer = await comment()
      assert.equal(answer.status, 200, JSON.stringify(answer.json).slice(0, 300))
      sent += 1
    } else {
      await pause(500)
    }
    raw.write(text('3'))
  }
  assert.ok(closed, 'a client that does not read is still there')
  await until(() => watcher.of('docinfo_update').length >= 2 * sent, () => `${watcher.of('docinfo_update').length} of ${2 * sent}`)
  assert.ok(watcher.socket.connected)
})

await check('connections that never say who they are are closed', async () => {
  const idle = io(url, { transports: ['websocket'], forceNew: true, reconnection: false })
  let why
  idle.on('connect_error', (error) => (why = error.message))
  await until(() => why, 'the root namespace is nobody’s')
  assert.equal(why, 'Invalid namespace')
  const engine = idle.io.engine
  await until(() => engine.readyState === 'closed', 'it is still open', 15_000)
})

await check('who leaves the namespace and says nothing more loses the connection', async () => {
  await until(() => leaving.every((engine) => engine.readyState === 'closed'), 'it is still open', 90_000)
})

console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
